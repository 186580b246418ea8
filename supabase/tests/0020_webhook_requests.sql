begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
delete from public.webhook_requests;

-- Records a valid request with these columns replaced; returns its partition.
create function pg_temp.record(deviation jsonb)
returns text
language sql
as $$
  insert into public.webhook_requests
  select (jsonb_populate_record(null::public.webhook_requests, jsonb_build_object(
    'id', gen_random_uuid(), 'correlation_id', gen_random_uuid(), 'endpoint', 'dedicated', 'outcome', 'accepted',
    'repaired', false, 'received_at', now(), 'duration_ms', 1, 'recorded_in', pg_current_xact_id()) || deviation)).*
  returning tableoid::regclass::text;
$$;

create function pg_temp.partition_of(month timestamptz)
returns text
language sql
as $$
  select 'private.webhook_requests_' || to_char(month at time zone 'utc', 'YYYY_MM');
$$;

create function pg_temp.months_ahead(months integer)
returns timestamptz
language sql
as $$
  select (date_trunc('month', now() at time zone 'utc') + make_interval(months => months, days => 3))
    at time zone 'utc';
$$;

select is(pg_temp.record('{}'), pg_temp.partition_of(now()), 'a request lies in its month''s partition');
select is(
  pg_temp.record(jsonb_build_object('received_at', pg_temp.months_ahead(ahead))),
  pg_temp.partition_of(pg_temp.months_ahead(ahead)), format('%s months ahead has its partition', ahead))
from generate_series(1, 2) as ahead;

-- Without maintenance
select is(
  pg_temp.record(jsonb_build_object('received_at', pg_temp.months_ahead(ahead))),
  'private.webhook_requests_default', format('a row %s months away is accepted without maintenance', ahead))
from unnest(array[3, 5, -2]) as ahead;
select lives_ok('select private.maintain_partitions(''webhook_requests'', ''received_at'')', 'maintenance runs');
select is_empty('table private.webhook_requests_default', 'maintenance leaves nothing in the default partition');
select results_eq(
  format('select tableoid::regclass::text from public.webhook_requests where received_at = %L',
    pg_temp.months_ahead(ahead)),
  array[pg_temp.partition_of(pg_temp.months_ahead(ahead))],
  format('maintenance moves what lies %s months away to its month', ahead))
from unnest(array[3, 5, -2]) as ahead;

create temp table partitions as select inhrelid from pg_inherits where inhparent = 'public.webhook_requests'::regclass;
create temp table recorded as select count(*) from public.webhook_requests;
select lives_ok('select private.maintain_partitions(''webhook_requests'', ''received_at'')', 'maintenance runs twice');
select set_eq(
  'select inhrelid from pg_inherits where inhparent = ''public.webhook_requests''::regclass', 'table partitions',
  'maintenance again makes no partition');
select results_eq('select count(*) from public.webhook_requests', 'table recorded', 'maintenance loses nothing');

set local timezone = 'Pacific/Auckland';
select private.make_partition('webhook_requests', 'received_at', (pg_temp.months_ahead(8) at time zone 'utc')::date);
select is(
  pg_temp.record(jsonb_build_object('received_at', pg_temp.months_ahead(9) - interval '3 days 1 hour')),
  pg_temp.partition_of(pg_temp.months_ahead(8)), 'a month ends in UTC, whoever makes its partition');
reset timezone;

select ok(relrowsecurity, format('row level security is on for %s', relname))
from pg_class join partitions on inhrelid = pg_class.oid order by relname;
select isnt(obj_description(inhrelid), null, format('%s has a comment', inhrelid::regclass)) from partitions;
select is_empty(
  $$ select from partitions where not exists (select from pg_policy where polrelid = inhrelid) $$,
  'every partition denies clients by a policy');
select is_empty(
  $$ select from partitions
     where (select count(*) from pg_index where indrelid = inhrelid)
       <> (select count(*) from pg_index where indrelid = 'public.webhook_requests'::regclass) $$,
  'every partition has the indexes of the table');

-- A runaway sender
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

insert into public.webhook_requests (id, correlation_id, strategy_id, endpoint, outcome, received_at, duration_ms)
select gen_random_uuid(), gen_random_uuid(), id, 'dedicated', 'invalid', clock_timestamp() - interval '5 seconds', 1
from public.strategies, generate_series(1, 60) where slug = 'test-second';
create temp table wild as select n, pg_temp.alert(
  'test-second', format('wild %s', n), '{"refusal": {"outcome": "refused", "code": "rate_limited"}}') as alert
from generate_series(1, 3) as n;
select is(pg_temp.ingest(alert), '{refused}', 'a refusal beyond 60 a minute is ingested') from wild where n = 1;
select is(jsonb_build_array(outcome, raw_body), '["refused", null]',
  'a refusal beyond 60 a minute is kept without its body')
from wild, pg_temp.request(alert) where n = 1;
insert into public.webhook_requests (id, correlation_id, strategy_id, endpoint, outcome, received_at, duration_ms)
select gen_random_uuid(), gen_random_uuid(), id, 'dedicated', 'duplicate', clock_timestamp() - interval '5 seconds', 1
from public.strategies, generate_series(1, 540) where slug = 'test-second';
select is(pg_temp.ingest(variadic array(select alert from wild where n > 1)), '{refused,refused}',
  'refusals beyond 600 a minute are ingested');
select is((pg_temp.request(alert)).id, null, 'a refusal beyond 600 a minute is not kept') from wild where n = 2;
select results_eq(
  'select outcome, code, sum(count) from public.webhook_overflow
   join public.strategies on strategies.id = strategy_id where slug = ''test-second'' group by outcome, code',
  $$ values ('refused', 'rate_limited', 2::numeric) $$, 'refusals beyond 600 a minute are counted');
create temp table tame as select pg_temp.alert('test-second', 'tame') as alert;
select is(pg_temp.ingest(alert), '{accepted}', 'a good alert in a flood of bad ones is accepted') from tame;
select is(raw_body, 'tame'::bytea, 'a good alert in a flood of bad ones keeps its body')
from tame, pg_temp.request(alert);
delete from public.webhook_requests where outcome in ('invalid', 'duplicate', 'refused');

-- Constraints
select throws_ok(
  format('select pg_temp.record(%L)', deviation), '23514',
  format('new row for relation "%s" violates check constraint "webhook_requests_%s"',
    split_part(pg_temp.partition_of(now()), '.', 2), rule),
  format('a request cannot have %s', deviation))
from (values
  ('{"endpoint": "telegram"}'::jsonb, 'endpoint_is_known'),
  ('{"outcome": "lost"}', 'outcome_is_known'),
  ('{"auth_method": "password"}', 'auth_method_is_known')) as example (deviation, rule);
select throws_ok(
  'insert into public.webhook_requests select * from public.webhook_requests limit 1',
  '23505', null, 'a request is recorded once');

select throws_ok(
  'insert into public.webhook_overflow (bucket_start, strategy_id, outcome, code, fault, count)
   select bucket_start, strategy_id, outcome, code, fault, count from public.webhook_overflow',
  '23505', 'duplicate key value violates unique constraint "webhook_overflow_one_row_per_bucket"',
  'an overflow has one row a minute');

-- Maintenance that did not run for months
insert into public.webhook_requests (id, correlation_id, endpoint, outcome, received_at, duration_ms)
select gen_random_uuid(), gen_random_uuid(), 'dedicated', 'accepted', pg_temp.months_ahead(-20), 1
from generate_series(1, 10001);
select private.maintain_partitions('webhook_requests', 'received_at');
select is((select count(*) from private.webhook_requests_default), 10001::bigint,
  'what would take long to move stays in the default partition, so that no alert waits for it');
select private.delete_expired(at_most => 20000);
select is_empty('table private.webhook_requests_default', 'it is deleted by age');

select * from finish();
rollback;
