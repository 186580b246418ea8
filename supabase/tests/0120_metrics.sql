begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- A day of requests and signals, one every five minutes; each signal was delivered over HTTP at the second attempt, and
-- every third executed by a worker.
delete from public.webhook_requests;
delete from public.signals;
delete from public.auth_failures;
delete from public.webhook_overflow;
delete from public.incidents;
delete from public.queue_outcomes;
truncate private.counts, public.dispatch_attempts;
insert into public.strategies (name) values ('Test Counts');
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://example.com/' from public.strategies where slug = 'test-counts';
-- Metrics name those that were made first.
update public.strategies set created_at = '-infinity' where slug = 'test-counts';
update public.routes set created_at = '-infinity'
where strategy_id = (select id from public.strategies where slug = 'test-counts');
insert into public.signals
  (id, strategy_id, request_id, correlation_id, status, action, intent, received_at, accepted_at, expires_at, payload)
select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), (array['accepted', 'held', 'expired'])[1 + n % 3],
  'buy', 'open_long', at, at, at, '{}'
from public.strategies, generate_series(1, 288) as n, lateral (select now() - n * interval '5 minutes' as at) as times
where slug = 'test-counts';
insert into public.webhook_requests (id, correlation_id, signal_id, endpoint, outcome, received_at, duration_ms)
select request_id, correlation_id, id, 'dedicated', case status when 'held' then 'held' else 'accepted' end,
  received_at, 20
from public.signals;
insert into public.webhook_requests (id, correlation_id, endpoint, outcome, code, received_at, duration_ms)
values (gen_random_uuid(), gen_random_uuid(), 'universal', 'refused', 'rate_limited', now() - interval '1 hour', 3000);
insert into public.dispatches
  (id, signal_id, route_id, strategy_id, symbol, role, target, status, expires_at, created_at, settled_at)
select signals.id, signals.id, routes.id, signals.strategy_id, '', 'open_long', '', 'delivered', now(), received_at,
  received_at + interval '2 seconds'
from public.signals join public.routes on routes.strategy_id = signals.strategy_id and routes.kind = 'http';
insert into public.dispatch_attempts (dispatch_id, attempt, started_at, status_code, error, duration_ms)
select id, attempt, created_at + attempt * interval '1 second' - interval '10 ms', code, error, 10
from public.dispatches, (values (1, 503, 'HTTP 503'), (2, 200, null)) as tries (attempt, code, error)
where role = 'open_long' and strategy_id = (select id from public.strategies where slug = 'test-counts');
insert into public.queue_outcomes (queue, message_id, signal_id, strategy_id, outcome, reads, settled_at)
select 'test_counts', row_number() over (), id, strategy_id, 'completed', 1, received_at + interval '40 milliseconds'
from public.signals where status = 'held';
update private.counting set counted_until = now() - interval '25 hours' where singleton;

-- Values by metric, route or strategy, and the label that tells apart.
create function pg_temp.total(metric text, part jsonb)
returns numeric
language sql
as $$
  select coalesce(sum(count), 0) from private.counts where counts.metric = total.metric and labels @> part;
$$;
create function pg_temp.count_all()
returns setof boolean
language sql
as $$
  select private.count_new() from generate_series(1, 160);
$$;

select is(private.count_new(), true, 'a run counts a part of a long time, and says that more is left');
select is((select count(*) from pg_temp.count_all() as is_left where is_left), 148::bigint,
  'runs catch up in steps of ten minutes');
select is(private.count_new(), false, 'then nothing is left');
select cmp_ok(counted_until, '>', now() - interval '11 seconds', 'all but the last ten seconds is counted')
from private.counting;

select is(pg_temp.total('webhook_requests_total', '{"outcome": "accepted", "code": "none"}'), 192::numeric,
  'requests are counted by outcome');
select is(pg_temp.total('webhook_requests_total', '{"outcome": "refused", "code": "rate_limited"}'), 1::numeric,
  'refused requests are counted by code');
select is(pg_temp.total('webhook_signals_total',
    '{"strategy": "test-counts", "intent": "open_long", "status": "accepted"}'), 192::numeric,
  'a signal is counted by the status that it had at first');
select is(pg_temp.total('webhook_signals_total', '{"status": "expired"}'), 0::numeric,
  'that it has expired since is counted by its routes');
select is(pg_temp.total('webhook_deliveries_total', '{"route": "http:example.com", "result": "delivered"}'),
  288::numeric, 'dispatches are counted by route and result');
select is(pg_temp.total('webhook_deliveries_total', '{"route": "queue:test_counts", "result": "completed"}'),
  96::numeric, 'so are messages of queues');
select is(pg_temp.total('webhook_delivery_attempts_total', '{"route": "http:example.com", "result": "http_5xx"}'),
  288::numeric, 'attempts are counted by what the target answered');
select is(pg_temp.total('webhook_delivery_attempts_total', '{"result": "delivered"}'), 288::numeric,
  'and those that were delivered');

-- Histograms
select is(below, '{0,0,288,288,288,288,288,288,288}'::bigint[], 'a histogram counts up to each bound')
from private.counts
where metric = 'webhook_request_duration_seconds' and labels @> '{"endpoint": "dedicated"}';
select is(below, '{0,0,0,0,0,0,0,0,0}'::bigint[], 'what is above every bound is in none') from private.counts
where metric = 'webhook_request_duration_seconds' and labels @> '{"endpoint": "universal"}';
select is(round(seconds::numeric, 6), 5.76, 'its sum is in seconds') from private.counts
where metric = 'webhook_request_duration_seconds' and labels @> '{"endpoint": "dedicated"}';
select is(below, '{96,96,96,96,96,96,96,96,96}'::bigint[], 'a queue''s delivery ends when a worker completes it')
from private.counts where metric = 'webhook_delivery_duration_seconds' and labels @> '{"route": "queue:test_counts"}';
select is(below, '{0,0,0,0,0,288,288,288,288}'::bigint[], 'a dispatch''s delivery ends when its target has it')
from private.counts where metric = 'webhook_delivery_duration_seconds' and labels @> '{"route": "http:example.com"}';

-- Never down
create temporary table before as select * from private.counts;
delete from public.webhook_requests;
delete from public.signals;
delete from public.queue_outcomes;
select private.count_new();
select results_eq(
  'select * from private.counts order by metric, labels', 'select * from before order by metric, labels',
  'what the retention deletes stays counted, and nothing is counted twice');

-- What is kept as a number
update private.counting set counted_until = now() - interval '10 minutes' where singleton;
insert into public.webhook_overflow (bucket_start, outcome, code, count) values
  (date_trunc('minute', now() - interval '5 minutes'), 'invalid', 'invalid_alert', 700);
insert into public.auth_failures (bucket_start, endpoint, reason, is_own, count, sample)
values (date_trunc('minute', now() - interval '5 minutes'), 'dedicated', 'rotated_secret', true, 3, null);
insert into public.incidents (kind, opened_at, reopened_at)
values ('backlog', now() - interval '4 minutes', now() - interval '2 minutes');
select private.count_new() from generate_series(1, 3);
select is(pg_temp.total('webhook_requests_total', '{"outcome": "invalid", "code": "invalid_alert"}'), 700::numeric,
  'requests without a row are counted too');
select is(pg_temp.total('webhook_auth_failures_total', '{"reason": "rotated_secret", "own": "true"}'), 3::numeric,
  'failures of authentication are counted by reason');
select is(pg_temp.total('webhook_incidents_opened_total', '{"kind": "backlog"}'), 2::numeric,
  'an incident is counted each time it opens');
insert into public.auth_failures (bucket_start, endpoint, reason, is_own, count, sample)
values (date_trunc('minute', clock_timestamp()), 'dedicated', 'token_reused', false, 3, null);
select private.count_new();
select is(pg_temp.total('webhook_auth_failures_total', '{"reason": "token_reused"}'), 0::numeric,
  'a minute that is not over is not counted yet');

-- Bounds
select is(pg_temp.total('webhook_deliveries_total', '{"route": "queue:test_counts", "result": "dead"}'), 0::numeric,
  'a route''s results begin at zero');
select isnt_empty($$select from private.counts where labels @> '{"route": "queue:test_counts", "result": "dead"}'$$,
  'before the first');
insert into public.strategies (name) select 'Test Many ' || n from generate_series(1, 120) as n;
select is(count(*), 100::bigint, 'metrics name a hundred strategies at most')
from private.metric_names() where kind = 'strategy';
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://many.example/' || slug from public.strategies;
select is(count(distinct name), 100::bigint, 'and a hundred routes, each label once')
from private.metric_names() where kind = 'route';
update public.strategies set slug = 'test-renamed' where slug = 'test-counts';
select private.count_new();
select is(pg_temp.total('webhook_signals_total', '{"strategy": "test-counts"}'), 0::numeric,
  'a name that is gone keeps no totals');

select * from finish();
rollback;
