-- Makes a bare Postgres 17 look like a new Supabase project to migrations and functions: roles, schemas, preinstalled extensions.
-- A stand-in for what Supabase's own image does. Runs once per cluster, as the superuser, in one transaction.
-- Each part cites its source in github.com/supabase/postgres; file names are those of migrations/db/.

-- Roles. Only supabase_admin is a superuser: statements that need one must fail here as they do on the platform.
-- init-scripts/00000000000000-initial-schema.sql, migrations/20230529180330_alter_api_roles_for_inherit.sql
create role anon nologin inherit;
create role authenticated nologin inherit;
create role service_role nologin inherit bypassrls;
create role authenticator login noinherit password 'postgres';
-- migrations/10000000000000_demote-postgres.sql
create role postgres login createdb createrole replication bypassrls password 'postgres';

-- init-scripts/00000000000000-initial-schema.sql; migrations/20221103090837_revoke_admin.sql takes supabase_admin away again
grant anon, authenticated, service_role to authenticator;
-- migrations/20230201083204_grant_auth_roles_to_postgres.sql
grant anon, authenticated, service_role to postgres with admin option;
-- migrations/20230306081037_grant_pg_monitor_to_postgres.sql, 20240606060239_grant_predefined_roles_to_postgres.sql
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;

-- Timeouts. The two minutes of postgres, cron's jobs included, are a setting of the server: see server.ts.
-- init-scripts/00000000000000-initial-schema.sql
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
-- migrations/20221028101028_set_authenticator_timeout.sql
alter role authenticator set statement_timeout = '8s';
-- migrations/20231130133139_set_lock_timeout_to_authenticator_role.sql
alter role authenticator set lock_timeout = '8s';
-- migrations/20220118070449_enable-safeupdate-postgrest.sql and 20220224211803_fix-postgrest-supautils.sql set
--   session_preload_libraries = 'supautils, safeupdate'
-- for authenticator. No package has the libraries; `deno task check` reads every function's statements for what
-- safeupdate refuses, and a strict stack refuses it at the call: see rpc/connection/safeupdate.ts.

-- init-scripts/00000000000003-post-setup.sql
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_admin set search_path = "$user", public, auth, extensions;

-- Schemas. New tables are granted to nobody, as on projects since May 2026 (supabase.com/changelog, 45329): every
-- migration grants for itself. Older projects grant all: see tests/deployment/neighbours_test.ts.
-- init-scripts/00000000000000-initial-schema.sql
alter database postgres owner to postgres;
grant usage on schema public to anon, authenticated, service_role;

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;

-- init-scripts/00000000000001-auth-schema.sql
create schema auth;
grant usage on schema auth to postgres, anon, authenticated, service_role;

create function auth.jwt()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select nullif(current_setting('request.jwt.claims', true), '')::jsonb
$$;

create function auth.uid()
returns uuid
language sql
stable
set search_path = ''
as $$
  select (auth.jwt() ->> 'sub')::uuid
$$;

create function auth.role()
returns text
language sql
stable
set search_path = ''
as $$
  select auth.jwt() ->> 'role'
$$;

-- Extensions that every new project has.
-- init-scripts/00000000000000-initial-schema.sql, migrations/20221207154255_create_pgsodium_and_vault.sql
create extension pgcrypto with schema extensions;
create extension "uuid-ossp" with schema extensions;
create extension pg_stat_statements with schema extensions;
create schema vault;
create extension supabase_vault;

-- init-scripts/00000000000000-initial-schema.sql
create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;

-- PostgREST reloads its schema cache after these changes.
-- migrations/20220126121436_finer-postgrest-triggers.sql, 20220321174452_fix-postgrest-alter-type-event-trigger.sql
create function extensions.pgrst_ddl_watch()
returns event_trigger
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select from pg_catalog.pg_event_trigger_ddl_commands()
    where schema_name is distinct from 'pg_temp'
      and command_tag ~ '^((CREATE|ALTER) (SCHEMA|TABLE|FOREIGN TABLE|VIEW|MATERIALIZED VIEW|FUNCTION|TYPE)|CREATE TABLE AS|SELECT INTO|CREATE TRIGGER|CREATE RULE|COMMENT)$'
  ) then
    notify pgrst, 'reload schema';
  end if;
end;
$$;

create function extensions.pgrst_drop_watch()
returns event_trigger
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select from pg_catalog.pg_event_trigger_dropped_objects()
    where not is_temporary
      and object_type in (
        'schema', 'table', 'foreign table', 'view', 'materialized view', 'function', 'trigger', 'type', 'rule')
  ) then
    notify pgrst, 'reload schema';
  end if;
end;
$$;

create event trigger pgrst_ddl_watch on ddl_command_end
  execute function extensions.pgrst_ddl_watch();
create event trigger pgrst_drop_watch on sql_drop
  execute function extensions.pgrst_drop_watch();
