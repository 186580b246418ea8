begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
delete from public.routes where strategy_id is null;

-- The same alert again under another signature.
insert into public.strategies (name) values ('Test Again');

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

create function pg_temp.again(body text, keys jsonb)
returns jsonb
language sql
as $$
  select pg_temp.alert('test-again', body, jsonb_build_object('keys', again.keys));
$$;

create function pg_temp.left_of(body text)
returns integer
language sql
as $$
  select round(extract(epoch from max(expires_at) - now()) / 60)::integer -- minutes: the script takes seconds
  from private.dedupe_keys where value = pg_temp.digest(body);
$$;

create function pg_temp.body_key(body text, seconds integer)
returns jsonb
language sql
as $$
  select jsonb_build_array(jsonb_build_object('kind', 'body', 'value', pg_temp.digest(body), 'seconds', seconds));
$$;

select is(
  pg_temp.ingest(
    pg_temp.again('longer', pg_temp.body_key('longer', 30)), pg_temp.again('longer', pg_temp.body_key('longer', 600))),
  '{accepted,duplicate}', 'the same body under another signature is a duplicate within a batch');
select is(pg_temp.left_of('longer'), 10, 'a duplicate whose window is longer extends the first''s, within a batch');
select is(
  pg_temp.ingest(pg_temp.again('longer', pg_temp.body_key('longer', 86400))), '{duplicate}',
  'the same body under a third signature is a duplicate');
select is(pg_temp.left_of('longer'), 1440, 'a duplicate whose window is longer extends the first''s');
update private.dedupe_keys set expires_at = expires_at - interval '1 hour' where value = pg_temp.digest('longer');
select is(pg_temp.ingest(pg_temp.again('longer', pg_temp.body_key('longer', seconds))), '{duplicate}',
  format('again within %s s is a duplicate', seconds))
from unnest('{30,86400}'::integer[]) as seconds;
select is(pg_temp.left_of('longer'), 1380, 'a duplicate whose window is no longer extends nothing');
select is(count(distinct signal_id), 1::bigint, 'an extended key is still the first signal''s')
from private.dedupe_keys join public.signals on signals.id = signal_id where value = pg_temp.digest('longer');

select is(
  pg_temp.ingest(
    pg_temp.again('both', pg_temp.body_key('both', 30)),
    pg_temp.again('both', pg_temp.keys('both', '{"webhook_id": "msg_both"}')),
    pg_temp.again('both', '[{"kind": "webhook_id", "value": "msg_both", "seconds": 86400}]'),
    pg_temp.again('other', '[{"kind": "webhook_id", "value": "msg_both", "seconds": 86400}]')),
  '{accepted,duplicate,duplicate,duplicate}',
  'a duplicate''s other keys are spent, so that stripped of one it makes no second signal, within a batch');
select is(
  pg_temp.ingest(pg_temp.again('both', '[{"kind": "webhook_id", "value": "msg_both", "seconds": 86400}]')),
  '{duplicate}', 'a duplicate''s other keys are spent');

select * from finish();
rollback;
