begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Returns every right of a role on an object of the router, down to columns. New objects are included automatically.
create function pg_temp.rights_of(roles text[])
returns table (role text, object text, privilege text)
language sql
as $$
  with ours as (
    select oid as schema from pg_namespace where nspname in ('public', 'private')
  ),
  stored as (
    select pg_class.oid, relkind from pg_class join ours on schema = relnamespace
    where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  )
  select role, oid::regclass::text, privilege
  from stored, unnest(roles) as role,
    unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain']) as privilege
  where relkind <> 'S' and has_table_privilege(role, oid, privilege)
  union all
  select role, oid::regclass || ' (column)', privilege
  from stored, unnest(roles) as role, unnest(array['select', 'insert', 'update', 'references']) as privilege
  where relkind <> 'S' and has_any_column_privilege(role, oid, privilege)
    and not has_table_privilege(role, oid, privilege)
  union all
  select role, oid::regclass::text, privilege
  from stored, unnest(roles) as role, unnest(array['usage', 'select', 'update']) as privilege
  where case relkind when 'S' then has_sequence_privilege(role, oid, privilege) end
  union all
  select role, pg_proc.oid::regprocedure::text, 'execute'
  from pg_proc join ours on schema = pronamespace, unnest(roles) as role
  where has_function_privilege(role, pg_proc.oid, 'execute')
  union all
  select role, nspname, privilege
  from pg_namespace, unnest(roles) as role, unnest(array['usage', 'create']) as privilege
  where nspname in ('private', 'pgmq', 'vault') and has_schema_privilege(role, nspname, privilege)
    or nspname = 'public' and privilege = 'create' and has_schema_privilege(role, nspname, privilege);
$$;

create function pg_temp.rights_of_clients()
returns setof text
language sql
as $$
  select format('%s may %s %s', role, privilege, object) from pg_temp.rights_of('{anon,authenticated}');
$$;

-- Clients
select is_empty('select pg_temp.rights_of_clients()', 'anon and authenticated have no right on anything');

-- Proves that the query finds every kind of right.
create sequence private.test_sequence;
create function private.test_function() returns integer language sql set search_path = '' as 'select 1';
create view private.test_view as select 1 as one;
grant maintain on public.signals to anon;
grant select on private.webhook_requests_default to public;
grant update (name) on public.strategies to authenticated;
grant usage on sequence private.test_sequence to anon;
grant execute on function private.test_function() to authenticated;
grant select on private.test_view to authenticated;
grant usage on schema private to anon;
select set_eq('select pg_temp.rights_of_clients()', array[
    'anon may maintain signals',
    'anon may select private.webhook_requests_default',
    'authenticated may select private.webhook_requests_default',
    'authenticated may update strategies (column)',
    'anon may usage private.test_sequence',
    'anon may execute private.test_function()',
    'authenticated may execute private.test_function()',
    'authenticated may select private.test_view',
    'anon may usage private'],
  'a right that is granted by mistake is found');
revoke maintain on public.signals from anon;
revoke select on private.webhook_requests_default from public;
revoke update (name) on public.strategies from authenticated;
revoke usage on schema private from anon;
drop sequence private.test_sequence;
drop function private.test_function();
drop view private.test_view;
select is_empty('select pg_temp.rights_of_clients()', 'a right that is taken back is gone');

-- Other applications of the project
select is_empty(
  $$ select defaclacl from pg_default_acl where defaclrole = 'postgres'::regrole $$,
  'the project''s default privileges are as they were');

set local role anon;
select throws_ok(statement, '42501', null, format('anon is denied: %s', statement))
from unnest(array[
  'select from public.strategies', 'select from public.strategy_endpoints', 'select from private.secrets',
  'update public.router_settings set phase = ''universal''', 'insert into public.strategies (name) values (''x'')',
  'select public.read_catalog(''{}'')', 'select public.ingest(''[]'')', 'select public.reveal_strategy(''x'')',
  'select from vault.decrypted_secrets', 'select pgmq.create(''x'')']) as statement;
set local role authenticated;
select throws_ok(statement, '42501', null, format('authenticated is denied: %s', statement))
from unnest(array[
  'select from public.signals', 'delete from public.routes', 'select public.list_strategies()',
  'select public.rotate_universal_secret()']) as statement;
reset role;

-- The second lock: row level security, even with a grant
insert into public.strategies (name) values ('Test Lock');
grant select, insert, update on public.strategies to anon;
set local role anon;
select is_empty('select from public.strategies', 'even with a grant a client sees no row');
reset role;
revoke select, insert, update on public.strategies from anon;

-- service_role
select set_eq(
  $$ select object from pg_temp.rights_of('{service_role}') where privilege = 'execute' $$,
  array[
    'acknowledge_incident(bigint,text)', 'claim_dispatches(integer,integer,integer)', 'claim_notifications(text[])',
    'claim_signals(text,text,integer,interval,boolean)', 'complete_signal(text,bigint,integer,jsonb)',
    'count_claimable(jsonb)', 'create_worker(text,text[],text[],cidr[],timestamp with time zone,text)',
    'delete_worker(uuid,text)', 'extend_signal(text,bigint,integer,interval)', 'find_worker_keys(text[])',
    'list_workers()', 'reject_signal(text,bigint,integer,text)', 'revoke_worker_key(uuid,text)',
    'rotate_worker_key(uuid,integer,text)', 'worker_claim(text,inet,integer,integer,boolean,text,text)',
    'worker_heartbeat(text,inet,text)', 'worker_settle(text,inet,text,text,bigint,bigint,jsonb)',
    'add_route(text,jsonb,text)', 'change_route(text,uuid,jsonb,text)', 'delete_route(text,uuid,text)',
    'deliver_test(uuid,text[])', 'diagnose(bigint)',
    'end_doctor(text)', 'explain_signal(text,jsonb,text)', 'explain_token(text)',
    'fail_signal(text,bigint,integer,text,interval)', 'find_similar_names(text[])',
    'ingest(jsonb,jsonb)', 'list_incidents()', 'list_signals(text,integer)', 'list_strategies()',
    'patch_strategy(text,jsonb,text)', 'probe_dispatch()', 'read_audit(text,jsonb,integer)', 'read_backlog()',
    'read_watches()', 'list_alerts(jsonb,jsonb,integer)', 'read_overview()', 'read_activity(integer)', 'read_day()',
    'read_catalog(text[])',
    'read_doctor_kit()', 'read_kit(text)', 'find_metrics_key(text[])', 'read_metrics()', 'read_metrics_key()',
    'rotate_metrics_key(text)', 'read_mode()', 'read_runbook()', 'read_test(uuid)',
    'read_wake_key()',
    'record_auth_failures(jsonb,uuid,bigint)', 'register_strategy(jsonb,text)',
    'replay_signals(uuid[],text,timestamp with time zone,timestamp with time zone,text,text,uuid,integer)',
    'report_urls(text,text,boolean)', 'reveal_strategy(text)', 'revoke_old_secret(text,text)',
    'revoke_old_universal_secret(text)', 'rotate_secret(text,integer,text)', 'rotate_universal_secret(integer,text)',
    'set_mode(router_mode,text)', 'set_phase(router_phase,boolean,text)', 'settle_dispatches(jsonb)',
    'settle_notification(bigint,text,text)',
    'show_strategy(text)', 'show_universal(boolean)', 'start_doctor(text)', 'trace_alert(uuid)'],
  'the functions'' role may execute what it needs, and nothing else');
select set_eq(
  $$ select privilege || ' ' || object from pg_temp.rights_of('{service_role}')
     where privilege <> 'execute' and object <> 'vault' $$,
  array[
    'select auth_failures', 'select dispatch_attempts', 'select dispatch_backlog', 'select dispatch_latency',
    'select dispatches', 'select incidents', 'select notifications', 'select phase_progress', 'select queue_outcomes',
    'select router_settings', 'select routes', 'select signal_outcomes', 'select signals', 'select strategies',
    'select strategy_endpoints',
    'select strategy_events', 'select webhook_overflow', 'select webhook_requests',
    'select workers'],
  'the functions'' role may read what operators see, and nothing else');
set local role service_role;
select lives_ok('select public.read_catalog(''{}'')', 'the functions'' role may read the catalog');
select lives_ok('select public.register_strategy(''{"name": "Test Role"}'')',
  'the functions'' role may register a strategy');
select lives_ok('select public.rotate_secret(''test-role'')', 'the functions'' role may rotate a secret');
select lives_ok('select from public.strategy_endpoints', 'the functions'' role may read the endpoints');
select throws_ok(
  'insert into public.strategies (name) values (''x'')', '42501', null,
  'the functions'' role writes no table directly');
reset role;

select * from finish();
rollback;
