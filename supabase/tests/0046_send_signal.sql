begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
delete from public.incidents;
delete from public.routes where strategy_id is null;

insert into public.strategies (name) values ('Test Ingest'), ('Test Second');
insert into public.routes (kind, target) values ('queue', 'test_everyone'), ('http', 'https://example.com/hook');

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

-- Routes
update public.routes set enabled = false where target = 'test_second';
select is(
  public.ingest(jsonb_build_array(pg_temp.alert('test-second', 'disabled'))) -> 0 -> 'routes',
  '["queue:test_everyone", "http:example.com"]', 'a disabled route gets nothing');
insert into public.routes (strategy_id, kind, target)
select id, 'queue', 'test_everyone' from public.strategies where slug = 'test-second';
select public.ingest(jsonb_build_array(pg_temp.alert('test-second', 'both')));
select is(count(*), 1::bigint, 'a queue that is named twice gets a signal once')
from pgmq.q_test_everyone where message #>> '{payload,body}' = 'both';

-- A queue that was dropped by hand
select pgmq.drop_queue('test_ingest');
create temp table dropped as select pg_temp.alert('test-ingest', 'dropped') as alert;
select is(
  (public.ingest(jsonb_build_array(alert)) -> 0) - 'signal_id',
  '{"outcome": "accepted", "routes": ["queue:test_everyone", "http:example.com"], "wake": true}',
  'an alert whose queue was dropped is accepted')
from dropped;
select is((pg_temp.signal(alert)).routes, '{queue:test_everyone,http:example.com}',
  'a signal whose queue was dropped is stored') from dropped;
select results_eq(
  'select kind, subject, status, count from public.incidents',
  $$ select 'route_down', id::text, 'open', 1::bigint from public.routes where target = 'test_ingest' $$,
  'a dropped queue opens an incident');
select pg_temp.ingest(pg_temp.alert('test-ingest', 'dropped again'), pg_temp.alert('test-ingest', 'dropped still'));
select results_eq('select count from public.incidents', array[3::bigint],
  'a dropped queue''s signals are counted in one incident');
select pgmq.create('test_ingest');
select pg_temp.ingest(pg_temp.alert('test-ingest', 'back'));
select is(message #>> '{payload,body}', 'back', 'a queue that is there again gets signals') from pgmq.q_test_ingest;

select * from finish();
rollback;
