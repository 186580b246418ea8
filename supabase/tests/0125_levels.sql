begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

create function pg_temp.level(metric text, part jsonb)
returns double precision
language sql
as $$
  select sum((one ->> 'value')::float8)
  from jsonb_array_elements(public.read_metrics() -> 'levels') as one
  where one ->> 'metric' = $1 and one -> 'labels' @> $2;
$$;

delete from public.dispatches;
insert into public.strategies (name) values ('Test Levels');
-- Metrics name those that were made first.
update public.strategies set created_at = '-infinity' where slug = 'test-levels';
update public.routes set created_at = '-infinity'
where strategy_id = (select id from public.strategies where slug = 'test-levels');
insert into public.signals
  (id, strategy_id, request_id, correlation_id, status, action, received_at, expires_at, payload)
select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), state, 'buy', now(), now() + interval '1 hour', '{}'
from public.strategies, unnest('{accepted,held,held}'::text[]) as state where slug = 'test-levels';

select is(pg_temp.level('webhook_queue_messages', '{"queue": "test_levels"}'), 0::float8,
  'an empty queue is a level too');
select is(pg_temp.level('webhook_queue_oldest_message_age_seconds', '{"queue": "test_levels"}'), 0::float8,
  'an empty queue has no age');
select is(pg_temp.level('webhook_queue_last_claim_timestamp_seconds', '{"queue": "test_levels"}'), null,
  'a queue from which nobody claimed has no last claim');

select private.enqueue_messages(
  array['test_levels', 'test_levels'], array_agg(signals), array['{}', '{}']::jsonb[])
from (
  select signals from public.signals join public.strategies on strategies.id = strategy_id
  where slug = 'test-levels' limit 2) as sent (signals);
update pgmq.q_test_levels set enqueued_at = now() - interval '90 seconds';
select public.claim_signals('test_levels', 'worker', 1);

select is(pg_temp.level('webhook_queue_messages', '{"queue": "test_levels", "state": "waiting"}'), 1::float8,
  'what waits in a queue is counted');
select is(pg_temp.level('webhook_queue_messages', '{"queue": "test_levels", "state": "leased"}'), 1::float8,
  'and what workers have');
select cmp_ok(pg_temp.level('webhook_queue_oldest_message_age_seconds', '{"queue": "test_levels"}'), '>=', 90::float8,
  'the age of the oldest message counts from when it was sent');
select cmp_ok(pg_temp.level('webhook_queue_last_claim_timestamp_seconds', '{"queue": "test_levels"}'), '>',
  extract(epoch from now() - interval '2 minutes')::float8, 'the last claim is known to the minute');
select is(pg_temp.level('webhook_signals_held', '{"strategy": "test-levels"}'), 2::float8, 'held signals are counted');

insert into public.routes (strategy_id, kind, target, created_at)
select id, 'http', 'https://levels.example/x', '-infinity' from public.strategies where slug = 'test-levels';
select is(pg_temp.level('webhook_dispatches_pending', '{"route": "http:levels.example"}'), 0::float8,
  'a route for which nothing waits is zero');
select is(pg_temp.level('webhook_dispatch_oldest_due_age_seconds', '{}'), 0::float8, 'nothing is due');
insert into public.dispatches
  (signal_id, route_id, strategy_id, symbol, role, target, next_attempt_at, expires_at)
select signals.id, routes.id, signals.strategy_id, '', 'open_long', '', now() - interval '70 seconds', now()
from public.signals join public.routes on routes.strategy_id = signals.strategy_id
where routes.target = 'https://levels.example/x' and signals.status = 'held';
select is(pg_temp.level('webhook_dispatches_pending', '{"route": "http:levels.example"}'), 2::float8,
  'what waits for a target is counted');
select is(pg_temp.level('webhook_dispatch_oldest_due_age_seconds', '{}'), 70::float8,
  'and how long it has been due');

insert into public.workers (name, queues, created_at) values ('Test Levels', '{test_levels}', '-infinity');
insert into private.worker_presence (worker_id, last_seen_at)
select id, 'epoch'::timestamptz + interval '7 seconds' from public.workers where name = 'Test Levels';
select is(pg_temp.level('webhook_worker_last_seen_timestamp_seconds', '{"worker": "Test Levels"}'), 7::float8,
  'a worker was last seen at a time');
insert into public.incidents (kind, status) values ('hold_full', 'acknowledged');
select is(pg_temp.level('webhook_incidents', '{"kind": "hold_full", "status": "acknowledged"}'), 1::float8,
  'incidents are counted by kind and status');
update public.incidents set status = 'resolved' where kind = 'hold_full';
select is(pg_temp.level('webhook_incidents', '{"kind": "hold_full"}'), null, 'resolved ones are not');
update private.watches set finished_at = 'epoch'::timestamptz + interval '9 seconds' where name = 'backlog';
select is(pg_temp.level('webhook_watch_last_run_timestamp_seconds', '{"watch": "backlog"}'), 9::float8,
  'a watch last ran at a time');
select is(pg_temp.level('webhook_database_size_bytes', '{}'), pg_database_size(current_database())::float8,
  'the database has a size');
select is(pg_temp.level('webhook_router_info', jsonb_build_object('phase', phase, 'mode', mode)), 1::float8,
  'phase and mode are labels') from public.router_settings;
update private.counting set counted_until = 'epoch'::timestamptz + interval '5 seconds' where singleton;
select is(pg_temp.level('webhook_counted_until_timestamp_seconds', '{}'), 5::float8,
  'the counters say how old they are');

select * from finish();
rollback;
