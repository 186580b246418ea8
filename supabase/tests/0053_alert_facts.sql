begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

insert into public.strategies (name) values ('Test Ingest');

create function pg_temp.digest(body text)
returns text
language sql
as $$
  select encode(sha256(convert_to(body, 'utf8')), 'hex');
$$;

-- The body's key, and others as {kind: value}.
create function pg_temp.keys(body text, ids jsonb default '{}')
returns jsonb
language sql
as $$
  select jsonb_build_array(jsonb_build_object('kind', 'body', 'value', pg_temp.digest(body), 'seconds', 30))
    || coalesce((select jsonb_agg(jsonb_build_object('kind', key, 'value', value, 'seconds', 86400))
                 from jsonb_each_text(ids)), '[]');
$$;

-- Makes a valid alert for a strategy, with its own body and these fields replaced.
create function pg_temp.alert(strategy text, body text, deviation jsonb default '{}')
returns jsonb
language sql
as $$
  select jsonb_build_object(
    'strategy_id', strategies.id, 'strategy_version', strategies.version, 'settings_version', settings.version,
    'secret_id', secrets.id, 'correlation_id', gen_random_uuid(), 'endpoint', 'dedicated', 'auth_method', 'hmac',
    'remote_ip', '192.0.2.1', 'repaired', false, 'arrived_at', clock_timestamp() - interval '12 ms',
    'answer_by', clock_timestamp() + interval '2 s',
    'raw_body', encode(convert_to(body, 'utf8'), 'base64'), 'body_digest', pg_temp.digest(body),
    'keys', pg_temp.keys(body), 'payload', jsonb_build_object('body', body)::text,
    'signal', '{"action": "buy", "symbol": "XAUUSD", "quantity": "0.10", "price": "2345.5"}'::jsonb) || deviation
  from public.strategies
  join private.secrets on strategy_id = strategies.id and expires_at is null,
  public.router_settings as settings
  where slug = strategy;
$$;

create function pg_temp.ingest(variadic alerts jsonb[])
returns text[]
language sql
as $$
  select array_agg(receipt ->> 'outcome' order by place)
  from jsonb_array_elements(public.ingest(to_jsonb(alerts))) with ordinality as answered (receipt, place);
$$;

create function pg_temp.signal(alert jsonb)
returns public.signals
language sql
as $$
  select * from public.signals where correlation_id = (alert ->> 'correlation_id')::uuid;
$$;

select is(
  pg_temp.ingest(pg_temp.alert('test-ingest', 'late', jsonb_build_object(
    'arrived_at', clock_timestamp() - interval '40 s', 'answer_by', clock_timestamp() - interval '38 s'))),
  '{stale}', 'an alert is not ingested once its sender was told that nothing was stored');
select is(
  pg_temp.ingest(pg_temp.alert('test-ingest', 'early', jsonb_build_object(
    'arrived_at', clock_timestamp() + interval '1 hour', 'answer_by', clock_timestamp() + interval '1 hour'))),
  '{stale}', 'an alert is not ingested by a clock that was set back since it was read');
create temp table waited as
select pg_temp.alert('test-ingest', 'waited', jsonb_build_object('arrived_at', clock_timestamp() - interval '1.5 s'))
  as alert;
select is(pg_temp.ingest(alert), '{accepted}', 'an alert that waited for its turn is accepted') from waited;
select is(received_at, (alert ->> 'arrived_at')::timestamptz, 'the age of a signal is counted from its arrival')
from waited, pg_temp.signal(alert);
select is(
  (select expires_at from private.dedupe_keys where value = pg_temp.digest('waited')),
  (alert ->> 'arrived_at')::timestamptz + interval '30 s', 'a dedupe window is counted from the arrival')
from waited;

select * from finish();
rollback;
