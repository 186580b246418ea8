begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Whatever was there before.
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

-- Keys: the body's, and others as {kind: value}.
create function pg_temp.keys(body text, ids jsonb default '{}')
returns jsonb
language sql
as $$
  select jsonb_build_array(jsonb_build_object('kind', 'body', 'value', pg_temp.digest(body), 'seconds', 30))
    || coalesce((select jsonb_agg(jsonb_build_object('kind', key, 'value', value, 'seconds', 86400))
                 from jsonb_each_text(ids)), '[]');
$$;

-- A good alert for a strategy, with a body of its own, and with these fields instead.
create function pg_temp.alert(strategy text, body text, deviation jsonb default '{}')
returns jsonb
language sql
as $$
  select jsonb_build_object(
    'strategy_id', strategies.id, 'strategy_version', strategies.version, 'settings_version', settings.version,
    'secret_id', secrets.id, 'correlation_id', gen_random_uuid(), 'endpoint', 'dedicated', 'auth_method', 'hmac',
    'remote_ip', '192.0.2.1', 'repaired', false, 'elapsed_ms', 12,
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
  receipt - 'signal_id', '{"outcome": "accepted", "routes": ["queue:test_everyone", "queue:test_ingest", "http:example.com"], "wake": true}',
  'a good alert is accepted, and its receipt says where it went')
from answered;
select is((pg_temp.signal(alert)).id::text, receipt ->> 'signal_id', 'a receipt names the signal') from first, answered;
select is(
  to_jsonb(signal) - array['id', 'strategy_id', 'request_id', 'correlation_id', 'received_at', 'accepted_at', 'expires_at', 'recorded_in'],
  '{"status": "accepted", "endpoint": "dedicated", "action": "buy", "direction": null, "symbol": "XAUUSD", "exchange": null, "quantity": 0.10,
    "price": 2345.5, "confidence": null, "timeframe": null, "fired_at": null, "external_id": null, "is_test": false,
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
  to_jsonb(request) - array['id', 'strategy_id', 'correlation_id', 'received_at', 'duration_ms', 'raw_body', 'recorded_in'],
  jsonb_build_object(
    'signal_id', signal.id, 'endpoint', 'dedicated', 'outcome', 'accepted', 'code', null, 'problem', null,
    'auth_method', 'hmac', 'remote_ip', '192.0.2.1', 'repaired', false),
  'the request is recorded')
from first, pg_temp.signal(alert) as signal, pg_temp.request(alert) as request;
select is(raw_body, 'first'::bytea, 'the request keeps the bytes as they came') from first, pg_temp.request(alert);
select is(request.id, signal.request_id, 'a signal names its request')
from first, pg_temp.signal(alert) as signal, pg_temp.request(alert) as request;
select cmp_ok(duration_ms, '>=', 12::numeric, 'the request says how long it took') from first, pg_temp.request(alert);

-- What workers get
select is(message - 'payload', (to_jsonb(signal) - array['id', 'strategy_id', 'request_id', 'endpoint', 'status', 'routes', 'accepted_at', 'recorded_in', 'payload'])
    || jsonb_build_object('signal_id', signal.id, 'strategy', 'test-ingest'),
  'a message carries the canonical signal')
from first, pg_temp.signal(alert) as signal, pgmq.q_test_ingest;
select is(message -> 'payload', '{"body": "first"}', 'a message carries the payload') from pgmq.q_test_ingest;
select results_eq('select message from pgmq.q_test_everyone', 'select message from pgmq.q_test_ingest',
  'a route of every strategy gets the same message');

-- Duplicates
select is(
  public.ingest(jsonb_build_array(pg_temp.alert('test-ingest', 'first'))) -> 0,
  jsonb_build_object('outcome', 'duplicate', 'signal_id', receipt ->> 'signal_id'),
  'the same body is a duplicate of the first')
from answered;
select is(pg_temp.ingest(pg_temp.alert('test-second', 'first')), '{accepted}',
  'the same body to another strategy is no duplicate');
create temp table twice as select pg_temp.alert('test-ingest', 'twice') as one, pg_temp.alert('test-ingest', 'twice') as two;
select is(pg_temp.ingest(one, two), '{accepted,duplicate}', 'two equal alerts of one batch are one signal') from twice;
select is(
  array[request.outcome, request.code, request.signal_id::text], array['duplicate', null, signal.id::text],
  'a duplicate is recorded with the signal it repeats')
from twice, pg_temp.request(two) as request, pg_temp.signal(one) as signal;
select is((pg_temp.signal(two)).id, null, 'a duplicate makes no signal') from twice;

select is(
  pg_temp.ingest(
    pg_temp.alert('test-ingest', 'hook 1', jsonb_build_object('keys', pg_temp.keys('hook 1', '{"webhook_id": "msg_1"}')))),
  '{accepted}', 'a new webhook-id is accepted');
create temp table mismatch as select pg_temp.alert(
  'test-ingest', 'hook 2', jsonb_build_object('keys', pg_temp.keys('hook 2', '{"webhook_id": "msg_1"}'))) as alert;
select is(pg_temp.ingest(alert), '{duplicate}', 'another body under a known webhook-id is a duplicate') from mismatch;
select is(code, 'duplicate_mismatch', 'another body under a known webhook-id is marked')
from mismatch, pg_temp.request(alert);
select is(raw_body, 'hook 2'::bytea, 'another body under a known webhook-id is kept') from mismatch, pg_temp.request(alert);
select is(pg_temp.ingest(pg_temp.alert('test-ingest', 'hook 2')), '{accepted}',
  'an alert that was taken for a duplicate spends no key');

select is(
  pg_temp.ingest(pg_temp.alert('test-ingest', 'jwt 1', jsonb_build_object('keys', pg_temp.keys('jwt 1', '{"jti": "j1"}')))),
  '{accepted}', 'a new jti is accepted');
select is(
  pg_temp.ingest(pg_temp.alert('test-ingest', 'jwt 1', jsonb_build_object('keys', pg_temp.keys('jwt 1', '{"jti": "j1"}')))),
  '{duplicate}', 'the same body under a known jti is a duplicate');
create temp table reused as select pg_temp.alert(
  'test-ingest', 'jwt 2', jsonb_build_object('keys', pg_temp.keys('jwt 2', '{"jti": "j1"}'))) as alert;
select is(pg_temp.ingest(alert), '{token_reused}', 'another body under a known jti is not accepted') from reused;
select is((pg_temp.signal(alert)).id, null, 'a reused token makes no signal') from reused;
select is(
  pg_temp.ingest(pg_temp.alert(
    'test-ingest', 'hook 1', jsonb_build_object('keys', pg_temp.keys('hook 1', '{"jti": "j1", "webhook_id": "msg_1"}')))),
  '{token_reused}', 'a reused token goes before a duplicate');

select is(
  pg_temp.ingest(pg_temp.alert(
    'test-ingest', format('order %s', n), jsonb_build_object('keys', pg_temp.keys(format('order %s', n), '{"external_id": "o1"}')))),
  outcome, promise)
from (values
  (1, '{accepted}'::text[], 'a new external id is accepted'),
  (2, '{duplicate}', 'another body under a known external id is a duplicate')) as example (n, outcome, promise);
select is_empty(
  'select from public.webhook_requests where code is not null and raw_body = ''order 2''',
  'another body under a known external id is nothing strange');

-- A key's end
update private.dedupe_keys set expires_at = clock_timestamp() where value = pg_temp.digest('first');
select is(pg_temp.ingest(pg_temp.alert('test-ingest', 'first')), '{accepted}', 'after its key''s end a body is new again');
select is(pg_temp.ingest(pg_temp.alert('test-ingest', 'first')), '{duplicate}', 'a key that is taken anew lasts anew');
select is(
  pg_temp.ingest(pg_temp.alert('test-ingest', 'window', '{"keys": [{"kind": "body", "value": "w", "seconds": 0}]}')),
  '{accepted}', format('without a window the same body is new: time %s', n))
from generate_series(1, 2) as n;
select is(pg_temp.ingest(pg_temp.alert('test-ingest', 'no key', '{"keys": []}')), '{accepted}', 'an alert may have no key');

-- Judged on an old cache
select is(pg_temp.ingest(pg_temp.alert('test-ingest', 'stale', deviation)), '{stale}', promise)
from (values
  ('{"strategy_version": 999}'::jsonb, 'who saw another version of the strategy judges again'),
  ('{"strategy_version": null}', 'who saw no version of the strategy judges again'),
  ('{"settings_version": 999}', 'who saw another version of the settings judges again'),
  ('{"settings_version": null}', 'who saw no version of the settings judges again'),
  ('{"secret_id": "00000000-0000-4000-8000-000000000000"}', 'who used an unknown secret judges again'),
  ('{"strategy_id": "00000000-0000-4000-8000-000000000000"}', 'who knows a strategy that is gone judges again'),
  ('{"strategy_id": null, "catalog_version": 0}', 'who found no strategy in another catalog judges again'),
  ('{"strategy_id": null}', 'who found no strategy in no catalog judges again')) as example (deviation, promise);
create temp table rotated as select pg_temp.alert('test-ingest', 'rotated') as alert;
update public.strategies set webhook_secret = '' where slug = 'test-ingest';
select is(
  pg_temp.ingest(alert || jsonb_build_object('strategy_version', version)), '{accepted}', 'an old secret is good while it lives')
from rotated, public.strategies where slug = 'test-ingest';
update private.secrets set expires_at = clock_timestamp() where expires_at is not null;
select is(
  pg_temp.ingest(alert || jsonb_build_object('strategy_version', version)), '{stale}', 'who used an ended secret judges again')
from rotated, public.strategies where slug = 'test-ingest';
select is_empty(
  format('select from private.dedupe_keys where value = %L', pg_temp.digest('stale')), 'what is judged again spends no key');
select is_empty('select from public.webhook_requests where raw_body = ''stale''', 'what is judged again is not recorded yet');
select is(
  pg_temp.ingest(pg_temp.alert('test-ingest', 'jwks', '{"secret_id": null, "auth_method": "jwt"}')),
  '{accepted}', 'a key set needs no secret');

-- Refusals
create temp table refused as select pg_temp.alert('test-ingest', 'refused', '{
  "refusal": {"outcome": "invalid", "code": "invalid_alert", "problem": {"errors": []}}}') - 'signal' as alert;
select is(pg_temp.ingest(alert), '{refused}', 'a refusal is taken') from refused;
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
  pg_temp.ingest(pg_temp.alert('test-ingest', 'old refusal', '{"strategy_version": 999, "refusal": {"outcome": "refused", "code": "not_permitted"}}')),
  '{stale}', 'a refusal is not final on an old cache');

-- A sender gone wild
insert into public.webhook_requests (id, correlation_id, strategy_id, endpoint, outcome, received_at, duration_ms)
select gen_random_uuid(), gen_random_uuid(), id, 'dedicated', 'invalid', clock_timestamp() - interval '5 seconds', 1
from public.strategies, generate_series(1, 60) where slug = 'test-second';
create temp table wild as select n, pg_temp.alert(
  'test-second', format('wild %s', n), '{"refusal": {"outcome": "refused", "code": "rate_limited"}}') as alert
from generate_series(1, 3) as n;
select is(pg_temp.ingest(alert), '{refused}', 'a refusal beyond 60 a minute is taken') from wild where n = 1;
select is(jsonb_build_array(outcome, raw_body), '["refused", null]', 'a refusal beyond 60 a minute is kept without its body')
from wild, pg_temp.request(alert) where n = 1;
insert into public.webhook_requests (id, correlation_id, strategy_id, endpoint, outcome, received_at, duration_ms)
select gen_random_uuid(), gen_random_uuid(), id, 'dedicated', 'duplicate', clock_timestamp() - interval '5 seconds', 1
from public.strategies, generate_series(1, 540) where slug = 'test-second';
select is(pg_temp.ingest(variadic array(select alert from wild where n > 1)), '{refused,refused}', 'refusals beyond 600 a minute are taken');
select is((pg_temp.request(alert)).id, null, 'a refusal beyond 600 a minute is not kept') from wild where n = 2;
select results_eq(
  'select outcome, code, sum(count) from public.webhook_overflow
   join public.strategies on strategies.id = strategy_id where slug = ''test-second'' group by outcome, code',
  $$ values ('refused', 'rate_limited', 2::numeric) $$, 'refusals beyond 600 a minute are counted');
create temp table tame as select pg_temp.alert('test-second', 'tame') as alert;
select is(pg_temp.ingest(alert), '{accepted}', 'a good alert in a flood of bad ones is accepted') from tame;
select is(raw_body, 'tame'::bytea, 'a good alert in a flood of bad ones keeps its body') from tame, pg_temp.request(alert);
delete from public.webhook_requests where outcome in ('invalid', 'duplicate', 'refused');

-- Use of secrets
select isnt(last_used_at, null, 'the use of a secret is noted')
from private.secret_uses join private.secrets on id = secret_id join public.strategies on strategies.id = strategy_id
where slug = 'test-second' and expires_at is null;
update private.secret_uses set last_used_at = now() - interval '30 seconds';
select pg_temp.ingest(pg_temp.alert('test-second', 'used again'));
select is_empty(
  'select from private.secret_uses where last_used_at > now() - interval ''30 seconds''',
  'the use of a secret is noted at most once a minute');
update private.secret_uses set last_used_at = now() - interval '2 minutes';
select pg_temp.ingest(pg_temp.alert('test-second', 'used later'));
select is(count(*), 1::bigint, 'a later use of a secret is noted again') from private.secret_uses where last_used_at = now();

-- Paused, and tests
create temp table suppressed as select pg_temp.alert('test-paused', 'paused') as alert;
select is(
  (public.ingest(jsonb_build_array(alert)) -> 0) - 'signal_id', '{"outcome": "suppressed", "routes": []}',
  'a paused strategy''s alert is suppressed')
from suppressed;
select is(array[signal.status, request.outcome], '{suppressed,suppressed}', 'what is suppressed is recorded')
from suppressed, pg_temp.signal(alert) as signal, pg_temp.request(alert) as request;
select is_empty('select from pgmq.q_test_paused', 'what is suppressed is not queued');
select is(pg_temp.ingest(pg_temp.alert('test-paused', 'paused')), '{duplicate}', 'what is suppressed has its key');

create temp table tested as select pg_temp.alert('test-second', 'test', '{"signal": {"action": "buy", "is_test": true}}') as alert;
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
  'what failed spends no key');
select is_empty(
  'select from public.signals where payload ->> ''body'' in (''batch 2'', ''batch 4'')', 'what failed stores no signal');
select is(public.ingest('[]'), '[]', 'no alerts, no receipts');
select is(
  pg_temp.ingest(variadic array(
    select pg_temp.alert('test-second', format('many %s', n)) from generate_series(1, 12) as n)),
  array_fill('accepted'::text, array[12]), 'more than ten receipts come in order too');
select results_eq(
  'select message #>> ''{payload,body}'' from pgmq.q_test_second where message #>> ''{payload,body}'' like ''many %'' order by msg_id',
  'select format(''many %s'', n) from generate_series(1, 12) as n',
  'one strategy''s alerts are queued in the order they came');

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
  (public.ingest(jsonb_build_array(alert)) -> 0) - 'signal_id', '{"outcome": "accepted", "routes": ["queue:test_everyone", "http:example.com"], "wake": true}',
  'an alert whose queue was dropped is accepted')
from dropped;
select is((pg_temp.signal(alert)).routes, '{queue:test_everyone,http:example.com}', 'a signal whose queue was dropped is stored') from dropped;
select results_eq(
  'select kind, subject, status, count from public.incidents',
  $$ select 'route_down', id::text, 'open', 1::bigint from public.routes where target = 'test_ingest' $$, 'a dropped queue opens an incident');
select pg_temp.ingest(pg_temp.alert('test-ingest', 'dropped again'), pg_temp.alert('test-ingest', 'dropped still'));
select results_eq('select count from public.incidents', array[3::bigint], 'a dropped queue''s signals are counted in one incident');
select pgmq.create('test_ingest');
select pg_temp.ingest(pg_temp.alert('test-ingest', 'back'));
select is(message #>> '{payload,body}', 'back', 'a queue that is there again gets signals') from pgmq.q_test_ingest;

-- URLs
create temp table versions as select version from private.catalog_version;
select public.ingest('[]', null);
select is(internal_url, null, 'an alert that tells no URLs leaves them unknown') from public.router_settings;
select public.ingest('[]', '{"detected_url": "https://a.example.com", "internal_url": "http://internal"}');
select is(array[detected_url, internal_url], '{https://a.example.com,http://internal}', 'the first alert tells the URLs')
from public.router_settings;
update versions set version = catalog_version.version from private.catalog_version;
select public.ingest('[]', '{"detected_url": "https://b.example.com", "internal_url": "http://other"}');
select is(internal_url, 'http://internal', 'a later alert does not change the URLs') from public.router_settings;
select results_eq(
  'select version from private.catalog_version', 'table versions', 'alerts that tell known URLs move no version');

-- Constraints
select throws_ok(
  'insert into public.webhook_overflow (bucket_start, strategy_id, outcome, code, count)
   select bucket_start, strategy_id, outcome, code, count from public.webhook_overflow',
  '23505', 'duplicate key value violates unique constraint "webhook_overflow_one_row_per_bucket"',
  'what is counted has one row a minute');
select throws_ok(
  'insert into private.dedupe_keys select * from private.dedupe_keys limit 1',
  '23505', 'duplicate key value violates unique constraint "dedupe_keys_once_per_strategy"', 'a key is taken once');
select throws_ok(
  'update private.dedupe_keys set kind = ''guess''',
  '23514', 'new row for relation "dedupe_keys" violates check constraint "dedupe_keys_kind_is_known"',
  'a key is of a known kind');
select throws_ok(
  'insert into private.dedupe_keys values (gen_random_uuid(), ''body'', ''x'', ''x'', gen_random_uuid(), now())',
  '23503', null, 'a key belongs to a strategy');

select * from finish();
rollback;
