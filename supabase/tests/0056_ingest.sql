begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
delete from public.incidents;
delete from public.routes where strategy_id is null;
update public.router_settings set functions_url = null, detected_url = null, internal_url = null;

insert into public.strategies (name) values ('Test Ingest'), ('Test Paused'), ('Test Second');
update public.strategies set status = 'paused' where slug = 'test-paused';
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

create function pg_temp.request(alert jsonb)
returns public.webhook_requests
language sql
as $$
  select * from public.webhook_requests where correlation_id = (alert ->> 'correlation_id')::uuid;
$$;

create function pg_temp.signal(alert jsonb)
returns public.signals
language sql
as $$
  select * from public.signals where correlation_id = (alert ->> 'correlation_id')::uuid;
$$;

-- Accepted
create temp table first as select pg_temp.alert('test-ingest', 'first') as alert;
create temp table answered as select public.ingest(jsonb_build_array(alert)) -> 0 as receipt from first;
select is(
  receipt - 'signal_id',
  '{"outcome": "accepted", "routes": ["queue:test_everyone", "queue:test_ingest", "http:example.com"], "wake": true}',
  'a good alert is accepted, and its receipt says where it went')
from answered;
select is((pg_temp.signal(alert)).id::text, receipt ->> 'signal_id', 'a receipt names the signal') from first, answered;
select is(
  to_jsonb(signal) - array['id', 'strategy_id', 'request_id', 'correlation_id', 'received_at', 'accepted_at',
  'expires_at', 'recorded_in'],
  '{"status": "accepted", "endpoint": "dedicated", "action": "buy", "direction": null, "intent": null,
    "reduced_from": null, "cancelled_by": null, "symbol": "XAUUSD",
    "exchange": null, "quantity": 0.10, "price": 2345.5, "confidence": null, "timeframe": null, "fired_at": null,
    "external_id": null, "is_test": false,
    "routes": ["queue:test_everyone", "queue:test_ingest", "http:example.com"], "payload": {"body": "first"}}',
  'a signal says what the alert said')
from first, pg_temp.signal(alert) as signal;
select is(quantity::text, '0.10', 'a quantity keeps its digits') from first, pg_temp.signal(alert);
select is(expires_at - received_at, interval '5 minutes', 'a signal expires with its strategy''s max_signal_age')
from first, pg_temp.signal(alert);
select ok(clock_timestamp() - received_at between interval '12 milliseconds' and interval '1 minute',
  'a signal was received before it was recorded, by the database''s clock')
from first, pg_temp.signal(alert);
select is(
  to_jsonb(request) - array['id', 'strategy_id', 'correlation_id', 'received_at', 'duration_ms', 'raw_body',
  'recorded_in'],
  jsonb_build_object(
    'signal_id', signal.id, 'endpoint', 'dedicated', 'outcome', 'accepted', 'code', null, 'problem', null,
    'auth_method', 'hmac', 'remote_ip', '192.0.2.1', 'repaired', false),
  'the request is recorded')
from first, pg_temp.signal(alert) as signal, pg_temp.request(alert) as request;
select is(raw_body, 'first'::bytea, 'the request keeps the bytes as they came') from first, pg_temp.request(alert);
select is(request.id, signal.request_id, 'a signal names its request')
from first, pg_temp.signal(alert) as signal, pg_temp.request(alert) as request;
select cmp_ok(duration_ms, '>=', 12::numeric, 'the request says how long it took') from first, pg_temp.request(alert);

select isnt(last_used_at, null, 'an alert records the use of its secret')
from first join private.secret_uses on secret_id = (alert ->> 'secret_id')::uuid;

-- What workers get
select is(message - 'payload',
  (to_jsonb(signal) - array['id', 'strategy_id', 'request_id', 'endpoint', 'status', 'routes', 'accepted_at',
    'recorded_in', 'cancelled_by', 'payload'])
    || jsonb_build_object('signal_id', signal.id, 'strategy', 'test-ingest'),
  'a message carries the canonical signal')
from first, pg_temp.signal(alert) as signal, pgmq.q_test_ingest;
select is(message -> 'payload', '{"body": "first"}', 'a message carries the payload') from pgmq.q_test_ingest;
select results_eq('select message from pgmq.q_test_everyone', 'select message from pgmq.q_test_ingest',
  'a route of every strategy gets the same message');

-- Refusals
create temp table refused as select pg_temp.alert('test-ingest', 'refused', '{
  "refusal": {"outcome": "invalid", "code": "invalid_alert", "problem": {"errors": []}}}') - 'signal' as alert;
select is(pg_temp.ingest(alert), '{refused}', 'a refusal is ingested') from refused;
select is(
  jsonb_build_array(outcome, code, problem, signal_id, convert_from(raw_body, 'utf8')),
  '["invalid", "invalid_alert", {"errors": []}, null, "refused"]', 'a refusal is recorded')
from refused, pg_temp.request(alert);
select is(pg_temp.ingest(pg_temp.alert('test-ingest', 'refused')), '{accepted}', 'a refusal spends no key');
create temp table unknown as select pg_temp.alert('test-ingest', 'unknown', jsonb_build_object(
  'strategy_id', null, 'catalog_version', version, 'endpoint', 'universal',
  'secret_id', (select id from private.secrets where strategy_id is null and expires_at is null),
  'refusal', '{"outcome": "refused", "code": "unknown_strategy"}'::jsonb)) - 'signal' - 'keys' as alert
from private.catalog_version;
select is(pg_temp.ingest(alert), '{refused}', 'a refusal needs no strategy') from unknown;
select is(jsonb_build_array(strategy_id, outcome, code, problem), '[null, "refused", "unknown_strategy", null]',
  'a refusal without a strategy is recorded')
from unknown, pg_temp.request(alert);
select is(
  pg_temp.ingest(pg_temp.alert('test-ingest', 'old refusal',
    '{"strategy_version": 999, "refusal": {"outcome": "refused", "code": "not_permitted"}}')),
  '{stale}', 'a refusal is not final on an old cache');
-- Paused, and tests
create temp table suppressed as select pg_temp.alert('test-paused', 'paused') as alert;
select is(
  (public.ingest(jsonb_build_array(alert)) -> 0) - 'signal_id', '{"outcome": "suppressed", "routes": []}',
  'a paused strategy''s alert is suppressed')
from suppressed;
select is(array[signal.status, request.outcome], '{suppressed,suppressed}', 'a suppressed alert is recorded')
from suppressed, pg_temp.signal(alert) as signal, pg_temp.request(alert) as request;
select is_empty('select from pgmq.q_test_paused', 'a suppressed alert is not queued');
select is(pg_temp.ingest(pg_temp.alert('test-paused', 'paused')), '{duplicate}', 'a suppressed alert has its key');

create temp table tested as select pg_temp.alert('test-second', 'test',
  '{"signal": {"action": "buy", "is_test": true}}') as alert;
select is((public.ingest(jsonb_build_array(alert)) -> 0) - 'signal_id', '{"outcome": "accepted", "routes": []}',
  'a test alert is accepted and goes nowhere')
from tested;
select ok(is_test, 'a test alert is recorded as one') from tested, pg_temp.signal(alert);
select is_empty(
  'select from pgmq.q_test_second where message #>> ''{payload,body}'' = ''test''', 'a test alert is not queued');

-- Batches
create temp table batch as
select place, pg_temp.alert(strategy, body, deviation) as alert
from (values
  (1, 'test-second', 'batch 1', '{}'::jsonb),
  (2, 'test-second', 'batch 2', '{"signal": {"action": "moon"}}'),
  (3, 'test-ingest', 'batch 3', '{"refusal": {"outcome": "invalid", "code": "invalid_alert"}}'),
  (4, 'test-second', 'batch 4', '{"raw_body": "no base64!"}'),
  (5, 'test-paused', 'batch 5', '{}'),
  (6, 'test-second', 'batch 1', '{}'),
  (7, 'test-second', 'batch 7', '{"strategy_version": 0}'),
  (8, 'test-ingest', 'batch 8', '{}')) as given (place, strategy, body, deviation);
select is(
  pg_temp.ingest(variadic array(select alert from batch order by place)),
  '{accepted,failed,refused,failed,suppressed,duplicate,stale,accepted}',
  'receipts come in the order of the alerts, and a failing one does not fail its neighbours');
select is_empty(
  'select from private.dedupe_keys where value in (pg_temp.digest(''batch 2''), pg_temp.digest(''batch 4''))',
  'a failed alert spends no key');
select is_empty(
  'select from public.signals where payload ->> ''body'' in (''batch 2'', ''batch 4'')',
  'a failed alert stores no signal');
select is(public.ingest('[]'), '[]', 'no alerts, no receipts');
select is(
  pg_temp.ingest(variadic array(
    select pg_temp.alert('test-second', format('many %s', n)) from generate_series(1, 12) as n)),
  array_fill('accepted'::text, array[12]), 'more than ten receipts come in order too');
select results_eq(
  'select message #>> ''{payload,body}'' from pgmq.q_test_second
   where message #>> ''{payload,body}'' like ''many %'' order by msg_id',
  'select format(''many %s'', n) from generate_series(1, 12) as n',
  'one strategy''s alerts are queued in the order they came');

select * from finish();
rollback;
