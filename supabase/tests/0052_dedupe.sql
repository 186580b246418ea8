begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
delete from public.routes where strategy_id is null;

insert into public.strategies (name) values ('Test Ingest'), ('Test Second');

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

create temp table first as select pg_temp.alert('test-ingest', 'first') as alert;
create temp table answered as select public.ingest(jsonb_build_array(alert)) -> 0 as receipt from first;

-- Duplicates
select is(
  public.ingest(jsonb_build_array(pg_temp.alert('test-ingest', 'first'))) -> 0,
  jsonb_build_object('outcome', 'duplicate', 'signal_id', receipt ->> 'signal_id'),
  'the same body is a duplicate of the first')
from answered;
select is(pg_temp.ingest(pg_temp.alert('test-second', 'first')), '{accepted}',
  'the same body to another strategy is no duplicate');
create temp table twice as select pg_temp.alert('test-ingest', 'twice') as one, pg_temp.alert('test-ingest', 'twice')
  as two;
select is(pg_temp.ingest(one, two), '{accepted,duplicate}', 'two equal alerts of one batch are one signal') from twice;
select is(
  array[request.outcome, request.code, request.signal_id::text], array['duplicate', null, signal.id::text],
  'a duplicate is recorded with the signal it repeats')
from twice, pg_temp.request(two) as request, pg_temp.signal(one) as signal;
select is((pg_temp.signal(two)).id, null, 'a duplicate makes no signal') from twice;

select is(
  pg_temp.ingest(variadic array(
    select pg_temp.alert('test-ingest', format('chain %s', n), jsonb_build_object('keys', keys))
    from (values
      (1, '[{"kind": "external_id", "value": "a", "seconds": 9}]'::jsonb),
      (2, '[{"kind": "external_id", "value": "a", "seconds": 9}, {"kind": "webhook_id", "value": "b", "seconds": 9}]'),
      (3, '[{"kind": "webhook_id", "value": "b", "seconds": 9}]'),
      (4, '[{"kind": "jti", "value": "c", "seconds": 9}]'),
      (5, '[{"kind": "jti", "value": "c", "seconds": 9}]')) as chained (n, keys)
    order by n)),
  '{accepted,duplicate,accepted,accepted,token_reused}', 'within a batch, only the keys of signals count');

select is(
  pg_temp.ingest(
    pg_temp.alert('test-ingest', 'hook 1', jsonb_build_object('keys', pg_temp.keys('hook 1',
      '{"webhook_id": "msg_1"}')))),
  '{accepted}', 'a new webhook-id is accepted');
create temp table mismatch as select pg_temp.alert(
  'test-ingest', 'hook 2', jsonb_build_object('keys', pg_temp.keys('hook 2', '{"webhook_id": "msg_1"}'))) as alert;
select is(pg_temp.ingest(alert), '{duplicate}', 'another body under a known webhook-id is a duplicate') from mismatch;
select is(code, 'duplicate_mismatch', 'another body under a known webhook-id is marked')
from mismatch, pg_temp.request(alert);
select is(raw_body, 'hook 2'::bytea, 'another body under a known webhook-id is kept')
from mismatch, pg_temp.request(alert);
select is(pg_temp.ingest(pg_temp.alert('test-ingest', 'hook 2')), '{accepted}',
  'an alert that counts as a duplicate spends no key');

select is(
  pg_temp.ingest(pg_temp.alert('test-ingest', 'jwt 1', jsonb_build_object('keys', pg_temp.keys('jwt 1',
    '{"jti": "j1"}')))),
  '{accepted}', 'a new jti is accepted');
select is(
  pg_temp.ingest(pg_temp.alert('test-ingest', 'jwt 1', jsonb_build_object('keys', pg_temp.keys('jwt 1',
    '{"jti": "j1"}')))),
  '{duplicate}', 'the same body under a known jti is a duplicate');
create temp table reused as select pg_temp.alert(
  'test-ingest', 'jwt 2', jsonb_build_object('keys', pg_temp.keys('jwt 2', '{"jti": "j1"}'))) as alert;
select is(pg_temp.ingest(alert), '{token_reused}', 'another body under a known jti is not accepted') from reused;
select is((pg_temp.signal(alert)).id, null, 'a reused token makes no signal') from reused;
select is(
  pg_temp.ingest(pg_temp.alert(
    'test-ingest', 'hook 1', jsonb_build_object('keys', pg_temp.keys('hook 1',
      '{"jti": "j1", "webhook_id": "msg_1"}')))),
  '{token_reused}', 'a reused token goes before a duplicate');

select is(
  pg_temp.ingest(pg_temp.alert(
    'test-ingest', format('order %s', n), jsonb_build_object('keys', pg_temp.keys(format('order %s', n),
      '{"external_id": "o1"}')))),
  outcome, promise)
from (values
  (1, '{accepted}'::text[], 'a new external id is accepted'),
  (2, '{duplicate}', 'another body under a known external id is a duplicate')) as example (n, outcome, promise);
select is_empty(
  'select from public.webhook_requests where code is not null and raw_body = ''order 2''',
  'another body under a known external id is nothing strange');

-- A key's end
update private.dedupe_keys set expires_at = clock_timestamp() - interval '1 s' where value = pg_temp.digest('first');
select is(pg_temp.ingest(pg_temp.alert('test-ingest', 'first')), '{accepted}',
  'after its key''s end a body is new again');
select is(pg_temp.ingest(pg_temp.alert('test-ingest', 'first')), '{duplicate}',
  'a key that is reserved again lasts again');
select is(
  pg_temp.ingest(pg_temp.alert('test-ingest', 'window', '{"keys": [{"kind": "body", "value": "w", "seconds": 0}]}')),
  '{accepted}', format('without a window the same body is new: time %s', n))
from generate_series(1, 2) as n;
select is(pg_temp.ingest(pg_temp.alert('test-ingest', 'no key', '{"keys": []}')), '{accepted}',
  'an alert may have no key');

-- Constraints
select throws_ok(
  'insert into private.dedupe_keys
   select strategy_id, kind, value, body_digest, gen_random_uuid(), seconds, expires_at
   from private.dedupe_keys limit 1',
  '23505', 'duplicate key value violates unique constraint "dedupe_keys_once_per_strategy"',
  'a key is reserved for one signal');
select throws_ok(
  'update private.dedupe_keys set kind = ''guess''',
  '23514', 'new row for relation "dedupe_keys" violates check constraint "dedupe_keys_kind_is_known"',
  'a key is of a known kind');
select throws_ok(
  'insert into private.dedupe_keys values (gen_random_uuid(), ''body'', ''x'', ''x'', gen_random_uuid(), 30, now())',
  '23503', null, 'a key belongs to a strategy');

select * from finish();
rollback;
