begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Whatever was there before.
delete from public.webhook_requests;

-- Records a good request, with these columns instead; returns where it lies.
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
  select (date_trunc('month', now() at time zone 'utc') + make_interval(months => months, days => 3)) at time zone 'utc';
$$;

select is(pg_temp.record('{}'), pg_temp.partition_of(now()), 'a request lies in its month''s partition');
select is(
  pg_temp.record(jsonb_build_object('received_at', pg_temp.months_ahead(ahead))),
  pg_temp.partition_of(pg_temp.months_ahead(ahead)), format('%s months ahead has its partition', ahead))
from generate_series(1, 2) as ahead;

-- Without maintenance
select is(
  pg_temp.record(jsonb_build_object('received_at', pg_temp.months_ahead(ahead))),
  'private.webhook_requests_default', format('what lies %s months away is taken without maintenance', ahead))
from unnest(array[3, 5, -2]) as ahead;
select lives_ok('select private.maintain_partitions(''webhook_requests'', ''received_at'')', 'maintenance runs');
select is_empty('table private.webhook_requests_default', 'maintenance leaves nothing in the default partition');
select results_eq(
  format('select tableoid::regclass::text from public.webhook_requests where received_at = %L', pg_temp.months_ahead(ahead)),
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

select * from finish();
rollback;
