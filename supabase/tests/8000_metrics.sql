begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- A day of signals, requests and dispatches, one every five minutes, also on the edge of what is counted.
delete from public.webhook_requests;
delete from public.signals;
insert into public.strategies (name) values ('Test Counts');
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://example.com/' from public.strategies where slug = 'test-counts';
insert into public.signals
  (id, strategy_id, request_id, correlation_id, status, action, received_at, expires_at, payload)
select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), (array['accepted', 'held', 'expired'])[1 + n % 3],
  'buy', at, at, '{}'
from public.strategies, generate_series(0, 300) as n, lateral (select now() - n * interval '5 minutes' as at) as times
where slug = 'test-counts';
insert into public.webhook_requests (id, correlation_id, endpoint, outcome, received_at, duration_ms)
select request_id, correlation_id, 'dedicated', case status when 'expired' then 'refused' else 'accepted' end,
  received_at, 1 + row_number() over (order by received_at)
from public.signals;
insert into public.dispatches
  (signal_id, route_id, strategy_id, symbol, role, target, status, expires_at, created_at, delivered_at)
select signals.id, routes.id, signals.strategy_id, '', 'open_long', '', 'delivered', now(), received_at,
  received_at + interval '50 milliseconds'
from public.signals join public.routes on routes.strategy_id = signals.strategy_id and routes.kind = 'http';

-- What the tables themselves say.
create function pg_temp.truth()
returns jsonb
language sql
as $$
  select jsonb_build_object(
    'requests', (
      select jsonb_agg(to_jsonb(counted) order by outcome) from (
        select outcome, endpoint, count(*) as value from public.webhook_requests
        where received_at >= now() - interval '1 day' group by 1, 2) as counted),
    'signals', (
      select jsonb_agg(to_jsonb(counted) order by status) from (
        select slug as strategy, signals.status, count(*) as value
        from public.signals join public.strategies on strategies.id = strategy_id
        where received_at >= now() - interval '1 day' group by 1, 2) as counted),
    'dispatches', (
      select jsonb_agg(to_jsonb(counted) order by status) from (
        select status, count(*) as value from public.dispatches
        where created_at >= now() - interval '1 day' group by 1) as counted));
$$;
create function pg_temp.metrics()
returns jsonb
language sql
as $$
  select jsonb_object_agg(key, (
    select jsonb_agg(value order by coalesce(value ->> 'outcome', value ->> 'status'))
    from jsonb_array_elements(metrics.value)))
  from jsonb_each(public.read_metrics()) as metrics
  where key in ('requests', 'signals', 'dispatches');
$$;

truncate private.counts;
update private.counting set counted_until = '-infinity' where singleton;
select is(pg_temp.metrics(), pg_temp.truth(), 'the totals are the tables'' before the job has ever run');
-- The job catches up in steps.
select is(pg_temp.metrics(), pg_temp.truth(), format('the totals are the tables'' after run %s', run))
from generate_series(1, 9) as run, lateral (select private.count_day() where run > 0) as ran;
select cmp_ok(counted_until, '>', now() - interval '10 seconds', 'nine runs catch up with a day') from private.counting;
select isnt_empty('select from private.counts', 'the day is counted');

-- Recorded after the job has run
insert into public.webhook_requests (id, correlation_id, endpoint, outcome, received_at, duration_ms)
select gen_random_uuid(), gen_random_uuid(), 'universal', 'duplicate', now() - interval '1 second', 4;
select is(pg_temp.metrics(), pg_temp.truth(), 'what was recorded since the last run is counted by its rows');

-- Changed long after it was counted
update public.signals set status = 'expired' where status = 'held';
update public.dispatches set status = 'dead' where created_at < now() - interval '6 hours';
select isnt(pg_temp.metrics(), pg_temp.truth(), 'a change of older rows does not show at once');
select private.count_day(now() - minutes * interval '1 minute') from generate_series(0, 29) as minutes;
select is(pg_temp.metrics(), pg_temp.truth(), 'it shows after half an hour');

select is(
  (select sum(value::bigint) from jsonb_path_query(public.read_metrics(), '$.requests[*].value') as value),
  (select count(*)::numeric from public.webhook_requests where received_at >= now() - interval '1 day'),
  'the requests add up to the table''s');
select ok(histogram -> 'count' = to_jsonb(counted) and histogram #> '{buckets,8,1}' = to_jsonb(counted),
  'the histogram has the requests of the last hour')
from (select public.read_metrics() -> 'request_ms' as histogram) as metrics,
  lateral (
    select count(*) as counted from public.webhook_requests
    where received_at >= private.bucket_of(now() - interval '1 hour') + interval '10 minutes') as recent;
select is(public.read_metrics() #> '{delivery_ms,buckets,0,1}', '0', 'no delivery took less than 25 ms');
select is(public.read_metrics() #> '{delivery_ms,buckets,1,1}', public.read_metrics() #> '{delivery_ms,count}',
  'every delivery took at most 50 ms');

select * from finish();
rollback;
