begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

insert into public.strategies (name) values ('Test Trace');
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://example.com/hook' from public.strategies where slug = 'test-trace';

create temp view strategy as select * from public.strategies where slug = 'test-trace';
create temp view route as select * from public.routes where strategy_id = (select id from strategy) and kind = 'http';

-- One alert with everything, a duplicate of it, a refusal; ids count up.
create function pg_temp.id(n integer) returns uuid language sql immutable as
  $$ select ('00000000-0000-4000-8000-0000000000' || lpad(n::text, 2, '0'))::uuid $$;

insert into public.signals (
  id, strategy_id, request_id, correlation_id, status, action, intent, symbol, received_at, expires_at, payload, routes)
select pg_temp.id(1), id, pg_temp.id(2), pg_temp.id(3), 'accepted', 'buy', 'open_long', 'XAUUSD', now(),
  now() + interval '5 minutes', '{}', '{queue:test_trace,http:example.com}'
from strategy;
insert into public.webhook_requests (
  id, correlation_id, strategy_id, signal_id, endpoint, outcome, code, problem, raw_body, received_at, duration_ms)
select pg_temp.id(n), pg_temp.id(n + 1), strategy.id, signal_id, 'dedicated', outcome, code, problem::jsonb, body,
  now() + n * interval '1 second', 1
from strategy, (values
  (2, pg_temp.id(1), 'accepted', null, null, convert_to('{"signal":"„buy“"}', 'UTF8')),
  (4, pg_temp.id(1), 'duplicate', null, null, null),
  (6, null, 'invalid', 'invalid_alert', '{"detail": "no"}', '\xff00'::bytea)) as example (
    n, signal_id, outcome, code, problem, body);
insert into public.dispatches (id, signal_id, route_id, strategy_id, symbol, role, target, status, expires_at)
select pg_temp.id(10), pg_temp.id(1), route.id, strategy.id, 'XAUUSD', 'open_long', route.target, 'delivered',
  now() + interval '5 minutes'
from strategy, route;
insert into public.dispatch_attempts (dispatch_id, attempt, started_at, status_code, error, duration_ms)
values (pg_temp.id(10), 1, now(), 500, 'no', 12), (pg_temp.id(10), 2, now() + interval '1 second', 200, null, 9);
insert into public.queue_outcomes (queue, message_id, signal_id, strategy_id, outcome, reads, worker, error)
select 'test_trace', 1, pg_temp.id(1), id, 'completed', 2, 'mt5', null from strategy;

create temp view trace as select public.trace_alert(pg_temp.id(3)) as trace;

select is(trace -> 'signal' ->> 'intent', 'open_long', 'a trace has the columns of the signal, its intent too')
from trace;
select is(trace #>> '{signal,strategy}', 'Test Trace', 'a trace names the strategy') from trace;
select is_empty(
  $$ select key from trace, jsonb_object_keys(trace -> 'signal') as key where key = 'recorded_in' $$,
  'a trace has no internal columns');
select is(
  jsonb_path_query_array(trace, '$.requests[*].outcome'), '["accepted", "duplicate"]',
  'a trace has the request and its duplicates') from trace;
select is(trace #>> '{requests,0,excerpt}', '{"signal":"„buy“"}', 'a body is shown as text') from trace;
select is(
  jsonb_path_query_array(trace, '$.routes[*].route'), '["queue:test_trace", "http:example.com"]',
  'a trace has every route') from trace;
select is(
  (trace #> '{routes,0,outcomes,0}') - '{settled_at,message_id,replayed_at,cancelled_by}'::text[],
  '{"outcome": "completed", "reads": 2, "worker": "mt5", "error": null, "result": null}',
  'a queue has the outcome, with the worker and the reads') from trace;
select is(
  jsonb_path_query_array(trace, '$.routes[1].dispatches[0].attempts[*].status_code'), '[500, 200]',
  'a dispatch has its attempts, in order') from trace;
select is(
  public.trace_alert(pg_temp.id(5)) #>> '{signal,id}', pg_temp.id(1)::text, 'a duplicate leads to the first signal');
select is(
  public.trace_alert(pg_temp.id(1)) ->> 'correlation_id', pg_temp.id(3)::text, 'a signal''s own id leads to its alert');
select is(
  public.trace_alert(pg_temp.id(7)) - 'requests' - 'correlation_id',
  '{"signal": null, "routes": [], "auth_failure": null}', 'a refused alert has no signal');
select is(
  public.trace_alert(pg_temp.id(7)) #>> '{requests,0,excerpt}', '\377\000', 'bytes that are no text are shown escaped');
select is(
  public.trace_alert(pg_temp.id(7)) #>> '{requests,0,problem,detail}', 'no', 'a refused alert has its reasons');
select is(public.trace_alert(pg_temp.id(99)), null, 'of an unknown id there is no trace');

update public.dispatches set status = 'cancelled', cancelled_by = pg_temp.id(50) where id = pg_temp.id(10);
select is(
  trace #>> '{routes,1,dispatches,0,cancelled_by}', pg_temp.id(50)::text, 'what was cancelled says by which signal')
from trace;
delete from public.routes where id = (select id from route);
select is(trace #>> '{routes,1,route}', 'http:example.com', 'a route that was deleted is still named') from trace;

-- What waits in a queue
select pgmq.send('test_trace', '{}');
insert into private.waiting_messages (
  queue, message_id, signal_id, strategy_id, symbol, role, is_urgent, expires_at, reads, worker, is_leased)
select 'test_trace', 7, pg_temp.id(1), id, 'XAUUSD', 'open_long', false, now(), 1, 'mt5', true from strategy;
select is(
  (trace #> '{routes,0,waiting,0}') - '{visible_at,expires_at}'::text[],
  '{"message_id": 7, "reads": 1, "worker": "mt5", "error": null, "is_leased": true}',
  'a message that waits says who has it') from trace;

-- Failed authentication
select public.record_auth_failures(jsonb_build_array(jsonb_build_object(
  'endpoint', 'dedicated', 'reason', 'rotated_secret', 'remote_ip', '192.0.2.1', 'count', 3, 'strategy_id', strategy.id,
  'sample', jsonb_build_object(
    'correlation_id', pg_temp.id(60), 'received_at', '2026-01-02T03:04:05Z', 'name', 'test-trace',
    'user_agent', 'Go'))))
from strategy;
select is(
  (public.trace_alert(pg_temp.id(60)) -> 'auth_failure') - 'bucket_start',
  '{"endpoint": "dedicated", "reason": "rotated_secret", "remote_ip": "192.0.2.1", "count": 3, "strategy": "Test Trace",
    "asked_for": "test-trace", "user_agent": "Go", "received_at": "2026-01-02T03:04:05+00:00"}',
  'a sampled 401 says why, where, whose, from where and when');

select is(provolatile::text, 's', format('%s writes nothing', proname))
from pg_proc
where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  and (proname like 'traced%' or proname in ('trace_alert', 'explain_token'))
order by proname;

select * from finish();
rollback;
