begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
delete from public.incidents;

insert into public.strategies (name) values ('Test Incident');

create function pg_temp.open(strategy text, subject text, details jsonb default '{}')
returns void
language sql
as $$
  select private.open_incident(
    'route_down', (select id from public.strategies where slug = strategy), subject, details);
$$;

select pg_temp.open('test-incident', 'queue:a', '{"seen": 1}');
select pg_temp.open('test-incident', 'queue:a', '{"seen": 2}');
select results_eq(
  'select status, count, details from public.incidents where subject = ''queue:a''',
  $$ values ('open', 2::bigint, '{"seen": 2}'::jsonb) $$,
  'a repeated incident is counted, not opened again');
select pg_temp.open('test-incident', 'queue:b');
select is(count(*), 2::bigint, 'another subject is another incident') from public.incidents;
select pg_temp.open(null, 'queue:a');
select pg_temp.open(null, 'queue:a');
select results_eq(
  'select count from public.incidents where strategy_id is null', array[2::bigint],
  'an incident of no strategy is counted too');

update public.incidents set status = 'acknowledged' where subject = 'queue:a';
select pg_temp.open('test-incident', 'queue:a');
select results_eq(
  'select count from public.incidents where subject = ''queue:a'' and strategy_id is not null', array[3::bigint],
  'an acknowledged incident is counted on');
update public.incidents set status = 'resolved';
select pg_temp.open('test-incident', 'queue:a');
select results_eq(
  'select status, count from public.incidents where subject = ''queue:a'' and strategy_id is not null order by id',
  $$ values ('resolved', 3::bigint), ('open', 1::bigint) $$,
  'after it was resolved a new one is opened');

select throws_ok(
  'insert into public.incidents (kind, strategy_id, subject)
   select kind, strategy_id, subject from public.incidents where status = ''open''',
  '23505', 'duplicate key value violates unique constraint "incidents_open_once"',
  'an incident is open once');
select throws_ok(
  'insert into public.incidents (kind) values (''guessed'')',
  '23514', 'new row for relation "incidents" violates check constraint "incidents_kind_is_known"',
  'an incident is of a known kind');
select throws_ok(
  'update public.incidents set status = ''closed''',
  '23514', 'new row for relation "incidents" violates check constraint "incidents_status_is_known"',
  'an incident has a known status');

select * from finish();
rollback;
