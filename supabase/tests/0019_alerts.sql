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

-- Stale
select is(pg_temp.ingest(pg_temp.alert('test-ingest', 'stale', deviation)), '{stale}', promise)
from (values
  ('{"strategy_version": 999}'::jsonb, 'an alert judged by another version of the strategy is stale'),
  ('{"strategy_version": null}', 'an alert judged by no version of the strategy is stale'),
  ('{"settings_version": 999}', 'an alert judged by another version of the settings is stale'),
  ('{"settings_version": null}', 'an alert judged by no version of the settings is stale'),
  ('{"secret_id": "00000000-0000-4000-8000-000000000000"}', 'an alert with an unknown secret is stale'),
  ('{"strategy_id": "00000000-0000-4000-8000-000000000000"}', 'an alert for a deleted strategy is stale'),
  ('{"strategy_id": null, "catalog_version": 0}', 'an alert without a strategy in another catalog is stale'),
  ('{"strategy_id": null}', 'an alert without a strategy and a catalog is stale')) as example (deviation, promise);
create temp table rotated as select pg_temp.alert('test-ingest', 'rotated') as alert;
update public.strategies set webhook_secret = '' where slug = 'test-ingest';
select is(
  pg_temp.ingest(alert || jsonb_build_object('strategy_version', version)), '{accepted}',
  'an old secret is good while it lives')
from rotated, public.strategies where slug = 'test-ingest';
update private.secrets set expires_at = clock_timestamp() where expires_at is not null;
select is(
  pg_temp.ingest(alert || jsonb_build_object('strategy_version', version)), '{stale}',
  'an alert with an ended secret is stale')
from rotated, public.strategies where slug = 'test-ingest';
select is_empty(
  format('select from private.dedupe_keys where value = %L', pg_temp.digest('stale')),
  'a stale alert spends no key');
select is_empty('select from public.webhook_requests where raw_body = ''stale''',
  'a stale alert is not recorded yet');
select is(
  pg_temp.ingest(pg_temp.alert('test-ingest', 'jwks', '{"secret_id": null, "auth_method": "jwt"}')),
  '{accepted}', 'a key set needs no secret');

select * from finish();
rollback;
