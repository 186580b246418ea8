begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

insert into public.strategies (name) values ('Test Audit'), ('Test Audit Other');
create temp view strategy as select * from public.strategies where slug = 'test-audit';

create function pg_temp.id(n integer) returns uuid language sql immutable as
  $$ select ('00000000-0000-4000-8000-0000000000' || lpad(n::text, 2, '0'))::uuid $$;

-- Three signals in two instants, each with its request; the first one's message is completed.
insert into public.signals (
  id, strategy_id, request_id, correlation_id, status, action, intent, symbol, received_at, expires_at, payload, routes)
select pg_temp.id(n), id, pg_temp.id(n + 10), pg_temp.id(n + 20), 'accepted', 'sell', 'close_long', 'XAUUSD',
  now() + n / 2 * interval '1 second', now() + interval '5 minutes', '{}', '{queue:test_audit}'
from strategy, generate_series(1, 3) as n;
insert into public.webhook_requests (
  id, correlation_id, strategy_id, signal_id, endpoint, outcome, raw_body, received_at, duration_ms)
select request_id, correlation_id, strategy_id, id, 'dedicated', 'accepted', 'SELL', received_at, 1
from public.signals where strategy_id = (select id from strategy);
insert into public.queue_outcomes (queue, message_id, signal_id, strategy_id, outcome, reads)
select 'test_audit', 1, pg_temp.id(1), id, 'completed', 1 from strategy;
insert into private.waiting_messages (queue, message_id, signal_id, strategy_id, symbol, role, is_urgent, expires_at)
select 'test_audit', 2, pg_temp.id(2), id, 'XAUUSD', 'close_long', true, now() from strategy;
insert into public.webhook_overflow (bucket_start, strategy_id, outcome, code, count)
select minute, id, 'invalid', null, 4 from strategy, unnest(array[now(), now() - interval '1 minute']) as minute;
insert into public.auth_failures (bucket_start, strategy_id, endpoint, reason, count)
select now(), id, 'dedicated', reason, 3
from public.strategies, unnest('{wrong_credential,rotated_secret}'::text[]) as reason where name like 'Test Audit%';

create temp view audit as select public.read_audit('Test Audit') as audit;

select is(
  jsonb_path_query_array(audit, '$.signals[*].id'), to_jsonb(array[pg_temp.id(1), pg_temp.id(2), pg_temp.id(3)]),
  'an audit has every signal, oldest first') from audit;
select is(
  jsonb_path_query_array(audit, '$.signals[*].sent'), '[{"queue:test_audit": 1}, {"queue:test_audit": 1}, {}]',
  'a message counts whether it is settled or waits; one that is lost does not') from audit;
select is(audit #>> '{signals,0,is_exit}', 'true', 'an audit says which signals are exits') from audit;
select is(
  audit #>> '{requests,0,body_digest}', encode(sha256('SELL'), 'hex'), 'an audit has the digest of each body')
from audit;
select is(audit -> 'counted_only', '{"invalid": 8}', 'requests that are only counted are added up') from audit;
select is(audit -> 'auth_failures', '6', 'only the strategy''s own failures are counted') from audit;
select is(
  jsonb_path_query_array(public.read_audit('test-audit', jsonb_build_object(
    'signal', audit #> '{signals,1}', 'request', audit #> '{requests,0}'), 1), '$.*[*].id'),
  to_jsonb(array[pg_temp.id(3), pg_temp.id(12)]),
  'the next page begins after the last that was read, even in the same instant') from audit;
select throws_ok(
  $$ select public.read_audit('Nobody') $$, 'P0002', 'No strategy is called "Nobody"', 'an unknown strategy is named');

select * from finish();
rollback;
