begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

create function pg_temp.routes_of(strategy text)
returns setof text
language sql
as $$
  select kind || ':' || target from public.routes join public.strategies on strategies.id = strategy_id
  where slug = strategy order by 1;
$$;

insert into public.strategies (name) values ('Test Route');
select results_eq('select pg_temp.routes_of(''test-route'')', array['queue:test_route'],
  'a strategy has its queue route from birth');
select ok(enabled, 'the queue route is enabled') from public.routes where target = 'test_route';
select has_table('pgmq', 'q_test_route', 'a queue route has its queue');
select has_table('pgmq', 'a_test_route', 'a queue has its archive');
select ok(relrowsecurity, format('row level security is on for %s', relname))
from pg_class where oid in ('pgmq.q_test_route'::regclass, 'pgmq.a_test_route'::regclass);

update public.strategies set slug = 'test-renamed' where slug = 'test-route';
select results_eq('select pg_temp.routes_of(''test-renamed'')', array['queue:test_route'],
  'a renamed strategy keeps its queue');
insert into public.strategies (name, slug, aliases) values ('Test Hyphens', 'test-a-b-c', '{}');
select results_eq('select pg_temp.routes_of(''test-a-b-c'')', array['queue:test_a_b_c'],
  'the queue is the slug with underscores');

select pgmq.create('test_taken');
insert into public.strategies (name) values ('Test Taken'), ('Test Free');
select results_eq('select pg_temp.routes_of(''test-taken'')', array['queue:test_taken_2'],
  'a queue that was made by hand is not shared by accident');
update public.strategies set slug = 'test-moved', aliases = '{}' where slug = 'test-free';
update public.strategies set aliases = '{}' where slug = 'test-moved';
insert into public.strategies (name, slug) values ('Test Heir', 'test-free');
select results_eq('select pg_temp.routes_of(''test-free'')', array['queue:test_free_2'],
  'another strategy''s queue is not shared by accident');

insert into public.strategies (name, slug) values ('Test Long', repeat('q', 40));
select results_eq(format('select pg_temp.routes_of(%L)', repeat('q', 40)), array['queue:' || repeat('q', 40)],
  'the longest slug has a queue');

insert into public.routes (strategy_id, kind, target) select id, 'queue', 'test_extra' from public.strategies
where slug = 'test-renamed';
select has_table('pgmq', 'q_test_extra', 'an added queue route makes its queue');
update public.routes set target = 'test_other' where target = 'test_extra';
select has_table('pgmq', 'q_test_other', 'a changed queue route makes its queue');
select lives_ok(
  'insert into public.routes (kind, target) values (''queue'', ''test_taken'')',
  'a route may name a queue that exists');
insert into public.routes (kind, target) values ('http', 'https://example.com/hook'), ('function', 'worker');
select hasnt_table('pgmq', 'q_worker', 'a function route makes no queue');

insert into public.routes (kind, target) values ('function', 'test_later');
update public.routes set kind = 'queue' where target = 'test_later';
select has_table('pgmq', 'q_test_later', 'a route that becomes a queue route makes its queue');

-- Constraints
select throws_ok(
  format('insert into public.routes (kind, target) values (''queue'', %L)', target),
  '23514',
  'new row for relation "routes" violates check constraint "routes_queue_name_has_1_to_47_lower_case_characters"',
  format('"%s" is no name of a queue', target))
from unnest(array['Upper', 'with-hyphen', 'with space', 'q"; drop', repeat('a', 48)]) as target;
select throws_ok(
  'insert into public.routes (kind, target) values (''queue'', ''test_taken'')',
  '23505', 'duplicate key value violates unique constraint "routes_target_once_per_strategy"',
  'a route of every strategy is there once');
select throws_ok(
  'insert into public.routes (strategy_id, kind, target) select strategy_id, kind, target from public.routes
   where target = ''test_route''',
  '23505', 'duplicate key value violates unique constraint "routes_target_once_per_strategy"',
  'a strategy''s route is there once');
select throws_ok(
  'insert into public.routes (strategy_id, target) values (gen_random_uuid(), ''nobody'')',
  '23503', null, 'a route belongs to a strategy, or to every one');

delete from public.strategies where slug = 'test-renamed';
select is_empty('select from public.routes where target = ''test_route''', 'a deleted strategy leaves no route');
select has_table('pgmq', 'q_test_route', 'a deleted strategy''s queue stays, with what is in it');

select throws_ok(
  $$ insert into public.routes (kind, target, send_secret_key) values ('http', 'https://example.com/key', true) $$,
  '23514', null, 'a URL never gets the project''s secret key');

select throws_ok(
  $$ insert into public.routes (kind, target) values ('http', 'https://example.com/…') $$,
  '23514', null, 'a URL as it is shown is no target');

select * from finish();
rollback;
