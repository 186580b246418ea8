begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

insert into public.strategies (name) values ('Test Overview'), ('Test Archived');
update public.strategies set status = 'archived' where slug = 'test-archived';
create temp view strategy as select * from public.strategies where slug = 'test-overview';
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://example.com/secret-path' from strategy;
create temp view route as
  select routes.* from public.routes join strategy on strategy.id = strategy_id where kind = 'http';

insert into public.signals (
  id, strategy_id, request_id, correlation_id, status, action, symbol, received_at, expires_at, payload, routes)
select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy', 'XAUUSD',
  now() - interval '1 minute', now() + interval '1 hour', '{}', '{queue:test_overview}'
from strategy;
select private.enqueue_messages('{test_overview}', array[signals], array['{}'::jsonb])
from public.signals join strategy on strategy.id = strategy_id;
insert into private.route_health (route_id, failures) select id, 3 from route;
insert into public.workers (name, queues) values ('test-worker', '{test_overview}'), ('test-other', '{other}');
insert into private.worker_presence (worker_id, last_seen_at, version)
select id, now(), 'one' from public.workers where name = 'test-worker';

create temp view shown as
  select one from jsonb_array_elements(public.read_overview() -> 'strategies') as one
  where one ->> 'slug' in ('test-overview', 'test-archived');

select is((select count(*) from shown), 1::bigint, 'what is archived is not shown');
select is(one #>> '{last_signal,symbol}', 'XAUUSD', 'the last signal is shown') from shown;
select is(
  jsonb_path_query_first(one, '$.routes[*] ? (@.kind == "queue")')
    - '{id,kind,oldest_at,last_claimed_at,failures,paused_until}'::text[],
  '{"label": "queue:test_overview", "enabled": true, "waiting": 1, "leased": 0}',
  'a queue shows what waits in it') from shown;
select is(
  (jsonb_path_query_first(one, '$.routes[*] ? (@.kind == "queue")') ->> 'oldest_at')::timestamptz,
  now() - interval '1 minute', 'a queue shows since when its oldest signal waits') from shown;
select is(
  jsonb_path_query_first(one, '$.routes[*] ? (@.kind == "http")') - '{id,oldest_at,last_claimed_at}'::text[],
  '{"kind": "http", "label": "http:example.com", "enabled": true, "waiting": 0, "leased": 0, "failures": 3,
    "paused_until": null}',
  'a URL shows its failures, and its host only') from shown;
select is(one #>> '{workers,0,name}', 'test-worker', 'a strategy shows the workers of its queue') from shown;
select is(jsonb_array_length(one -> 'workers'), 1, 'it shows no other workers') from shown;
select unalike(one::text, '%secret-path%', 'no path of a URL is shown') from shown;
select unalike(
  public.read_overview()::text, '%' || private.current_secret(strategy.id) || '%', 'no secret is shown')
from strategy;
select is(
  private.percentiles('{1,2,3,4}'), '{"count": 4, "p50": 2.5, "p95": 3.8499999999999996, "p99": 3.9699999999999998}',
  'percentiles lie between the durations');
select is(
  private.percentiles('{}'), '{"count": 0, "p50": null, "p95": null, "p99": null}',
  'no durations have no percentiles');

select * from finish();
rollback;
