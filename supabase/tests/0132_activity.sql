begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

insert into public.strategies (name) values ('Test Activity');
create temp view strategy as select * from public.strategies where slug = 'test-activity';
delete from public.webhook_requests;
delete from public.webhook_overflow;
delete from public.auth_failures;
delete from public.queue_outcomes;
delete from public.dispatches;
delete from public.incidents;

insert into public.webhook_requests (id, correlation_id, strategy_id, endpoint, outcome, received_at, duration_ms)
select gen_random_uuid(), gen_random_uuid(), id, 'dedicated', 'accepted', now() - age, ms
from strategy, (values
  (interval '0 minutes', 10), (interval '0 minutes', 20), (interval '30 minutes', 5), (interval '2 hours', 5),
  (interval '25 hours', 5)) as example (age, ms);
insert into public.webhook_overflow (bucket_start, strategy_id, outcome, count)
select now(), id, 'duplicate', 40 from strategy;
insert into public.auth_failures (bucket_start, strategy_id, endpoint, reason, count)
select now(), id, 'dedicated', 'wrong_credential', 12 from strategy;
insert into public.queue_outcomes (queue, message_id, signal_id, strategy_id, outcome, reads)
select 'test_activity', 1, gen_random_uuid(), id, 'completed', 1 from strategy;
insert into public.incidents (kind, opened_at, resolved_at, status)
values ('backlog', now() - interval '30 minutes', now() - interval '10 minutes', 'resolved');

create temp view hour as select public.read_activity(60) as activity;
create temp view counted as
  select one ->> 'outcome' as outcome, (one ->> 'count')::integer as count, (one ->> 'at')::timestamptz as at
  from hour, jsonb_array_elements(activity -> 'requests') as one;

select is(
  (select sum(count) from counted where outcome = 'accepted'), 3::bigint, 'what is older is not counted');
select is(
  (select count from counted where outcome = 'accepted' order by at desc limit 1), 2, 'each minute is counted apart');
select is(
  (select count from counted where outcome = 'duplicate'), 40, 'requests that are only counted are counted');
select is(
  (select count from counted where outcome = 'unauthenticated'), 12, 'failures of authentication are counted');
select is(
  (select jsonb_agg(one - 'at') from hour, jsonb_array_elements(activity -> 'deliveries') as one),
  '[{"route": "queue:test_activity", "outcome": "completed", "count": 1}]',
  'what left a queue is counted by its route and outcome');
select is(
  (activity -> 'stored_ms' -> -1) - 'at', '{"count": 2, "p50": 15, "p95": 19.5, "p99": 19.9}',
  'each minute has its percentiles') from hour;
select is(
  (select sum((one ->> 'open')::integer) from hour, jsonb_array_elements(activity -> 'incidents') as one),
  21::bigint, 'an incident is shown as long as it was open');
select is(activity ->> 'step_seconds', '60', 'an hour has steps of a minute') from hour;
select is(
  (select sum((one ->> 'count')::integer) from jsonb_array_elements(public.read_activity(180) -> 'requests') as one
   where one ->> 'outcome' = 'accepted'), 4::bigint, 'a longer time has longer steps');
select is(
  (select jsonb_object_agg(one ->> 'hour', one -> 'count') from jsonb_array_elements(public.read_day()) as one
   where one ->> 'outcome' = 'accepted'), '{"23": 3, "21": 1}', 'a day is counted by the hour');

select * from finish();
rollback;
