begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Rules for every object of the router.

-- Functions
select is_empty(
  $$ select pg_proc.oid::regprocedure from pg_proc
     where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
       and not coalesce(proconfig, '{}') @> array['search_path=""'] $$,
  'every function has an empty search_path');
select is_empty(
  $$ select pg_proc.oid::regprocedure from pg_proc
     where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
       and obj_description(pg_proc.oid, 'pg_proc') is null
       and prorettype <> 'trigger'::regtype $$,
  'every function has a comment');
select is_empty(
  $$ select pg_proc.oid::regprocedure from pg_proc
     where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
       and prosrc ~* '40001|40p01|serialization_failure|deadlock_detected' $$,
  'no function raises what PostgREST 14 would repeat without end');

-- Tables
select is_empty(
  $$ select pg_class.oid::regclass from pg_class
     where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind in ('r', 'p')
       and not relrowsecurity $$,
  'every table has row level security');
select is_empty(
  $$ select pg_class.oid::regclass from pg_class
     where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind in ('r', 'p')
       and not exists (
         select from pg_policies
         where (schemaname, tablename) = (relnamespace::regnamespace::text, relname)
           and permissive = 'RESTRICTIVE' and cmd = 'ALL' and roles = '{anon,authenticated}'
           and qual = 'false' and with_check = 'false') $$,
  'every table denies clients by a policy');
select is_empty(
  $$ select policyname from pg_policies where schemaname in ('public', 'private') and permissive = 'PERMISSIVE' $$,
  'no policy permits anything');
select is_empty(
  $$ select pg_class.oid::regclass from pg_class
     where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind in ('v', 'm')
       and not coalesce(reloptions, '{}') @> '{security_invoker=true}' $$,
  'every view asks as whoever reads it');

-- Comments
select is_empty(
  $$ select pg_class.oid::regclass from pg_class
     where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind in ('r', 'p', 'v', 'm')
       and obj_description(pg_class.oid, 'pg_class') is null $$,
  'every table has a comment');
select is_empty(
  $$ select format('%s.%s', attrelid::regclass, attname) from pg_attribute
     where attrelid in (
         'public.strategies'::regclass, 'public.routes'::regclass, 'public.signals'::regclass,
         'public.router_settings'::regclass, 'public.webhook_requests'::regclass)
       and attnum > 0 and not attisdropped and col_description(attrelid, attnum) is null
       and attname not in ('id', 'singleton', 'created_at', 'updated_at') $$,
  'every column that operators see has a comment, but those that explain themselves');

select * from finish();
rollback;
