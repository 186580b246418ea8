-- `public` contains what operators see and what functions call; everything else is in `private`.
-- Clients can read and call nothing, and the functions' role only what a migration below grants.

-- A project may run other applications: their objects and the project's default privileges stay as they are.
-- Each migration grants and revokes for its own objects.

-- Checks first that no name is taken, because half an installation is worse than none.
do $$
declare
  ours constant text[] := array[
    'public.auth_failures', 'public.auth_method', 'public.dedupe_by', 'public.dispatch_attempts',
    'public.dispatch_backlog', 'public.dispatch_latency', 'public.dispatches', 'public.incidents',
    'public.notifications', 'public.over_limit', 'public.phase_progress', 'public.queue_outcomes',
    'public.route_kind', 'public.router_mode', 'public.router_phase', 'public.router_settings', 'public.routes',
    'public.signal_outcomes', 'public.signals', 'public.strategies', 'public.strategy_endpoints',
    'public.strategy_events', 'public.strategy_routing', 'public.strategy_sides', 'public.strategy_status',
    'public.webhook_overflow', 'public.webhook_requests', 'public.workers', 'private.admitted', 'private.alert',
    'private.alert_facts', 'private.alert_key', 'private.auth_failure_flushes', 'private.catalog_version',
    'private.counted_overflow', 'private.counting', 'private.counts', 'private.decision', 'private.dedupe_keys',
    'private.dispatch_attempts_default', 'private.doctor', 'private.incident_reports', 'private.listed_alert',
    'private.monitor_pass', 'private.news', 'private.notification_deliveries', 'private.previous_tokens',
    'private.queue_workers', 'private.replay_step', 'private.replays', 'private.retention', 'private.route_health',
    'private.route_secrets', 'private.secret_uses', 'private.secrets', 'private.sending', 'private.settled_dispatch',
    'private.strategy_names', 'private.waiting_dispatches', 'private.waiting_messages', 'private.watches',
    'private.webhook_requests_default', 'private.worker_keys', 'private.worker_presence'];
  taken text := (
    select string_agg(name, ', ') from unnest(ours) as name
    where coalesce(to_regclass(name)::oid, to_regtype(name)::oid) is not null);
begin
  if taken is not null then
    raise exception 'Cannot install the alert router: this project already has %', taken
      using errcode = 'duplicate_object', hint = 'Rename them, or use a project of its own.';
  end if;
end;
$$;

-- Not `create extension if not exists`: it would run the platform's after-create scripts even if there is one.
do $$
begin
  if not exists (select from pg_catalog.pg_extension where extname = 'pgcrypto') then
    create extension pgcrypto with schema extensions;
  end if;
  if not exists (select from pg_catalog.pg_extension where extname = 'supabase_vault') then
    create extension supabase_vault with schema vault;
  end if;
  if not exists (select from pg_catalog.pg_extension where extname = 'pgmq') then
    create extension pgmq;
  end if;
end;
$$;

create schema if not exists private;

create function private.deny_clients(tables regclass[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  guarded regclass;
  owned regclass;
begin
  foreach guarded in array deny_clients.tables loop
    -- Older projects grant every new table and sequence to the API's roles.
    execute format('revoke all on %s from public, anon, authenticated, service_role', guarded);
    for owned in
      select objid::regclass from pg_catalog.pg_depend
      where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and refobjid = guarded
        and deptype in ('a', 'i')
        and exists (select from pg_catalog.pg_class where oid = objid and relkind = 'S')
    loop
      execute format('revoke all on sequence %s from public, anon, authenticated, service_role', owned);
    end loop;
    execute format('alter table %s enable row level security', guarded);
    execute format(
      'create policy deny_clients on %s as restrictive for all to anon, authenticated using (false) with check (false)',
      guarded);
  end loop;
end;
$$;

comment on function private.deny_clients(regclass[]) is
  'Revokes every right on the tables from the API''s roles and, as a second lock, denies everything to anon and '
  'authenticated by row level security.';

create function private.actor()
returns text
language sql
stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('webhooks.actor', true), ''), session_user::text);
$$;

comment on function private.actor() is
  'Returns who is making a change: the actor that provision or the bot declared for this transaction, else the '
  'database login.';

create function private.declare_actor(actor text)
returns void
language sql
volatile
set search_path = ''
as $$
  select set_config('webhooks.actor', coalesce(declare_actor.actor, ''), true);
$$;

comment on function private.declare_actor(text) is 'Names the actor of this transaction for the audit.';

create function private.forbid_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'Cannot % %', lower(tg_op), tg_table_name
    using errcode = 'restrict_violation';
end;
$$;

comment on function private.forbid_change() is 'Trigger: refuses the statement for every role.';

revoke execute on function
  private.deny_clients(regclass[]), private.actor(), private.declare_actor(text), private.forbid_change()
from public, anon, authenticated, service_role;
