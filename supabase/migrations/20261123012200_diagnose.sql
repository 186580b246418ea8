-- The state of a deployment, as `deno task doctor` reads it.

create table private.doctor (
  singleton boolean primary key default true constraint doctor_has_one_row check (singleton),
  strategy_id uuid not null references public.strategies on delete cascade
);

comment on table private.doctor is
  'At most one row: the strategy that doctor made for itself. Identified by this row alone, never by its name.';

create index doctor_strategy_id on private.doctor (strategy_id);

select private.deny_clients('{private.doctor}');

create function private.read_cron_jobs()
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  -- A project without pg_cron must be able to report that.
  if to_regclass('cron.job') is null then
    return '[]';
  end if;
  return (
    select coalesce(jsonb_agg(
      jsonb_build_object('name', jobname, 'schedule', schedule, 'active', active)
        || coalesce(to_jsonb(last), '{}')
      order by jobname), '[]')
    from cron.job
    left join lateral (
      select status, left(return_message, 300) as message, start_time as started_at,
        extract(epoch from end_time - start_time) as seconds
      from cron.job_run_details
      where job_run_details.jobid = job.jobid and status in ('succeeded', 'failed')
      order by runid desc
      limit 1) as last on true
    where jobname like 'webhooks-%');
end;
$$;

comment on function private.read_cron_jobs() is
  'Returns the router''s cron jobs, each with its last finished run: [{name, schedule, active, status, message, '
  'started_at, seconds}].';

create function private.read_migrations()
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  if to_regclass('supabase_migrations.schema_migrations') is null then
    return null;
  end if;
  return (select jsonb_agg(version order by version) from supabase_migrations.schema_migrations);
end;
$$;

comment on function private.read_migrations() is
  'Returns the versions of the applied migrations; null if they are not recorded.';

create function private.find_missing_secrets()
returns text[]
language sql
stable
set search_path = ''
as $$
  select array(
    select 'dispatch wake key' where not exists (select from vault.secrets where name = 'dispatch_wake_key')
    union all
    select 'universal secret' where private.live_secrets(null) = '[]'
    union all
    select 'secret of strategy ' || slug from public.strategies
    where status <> 'archived' and private.live_secrets(id) = '[]'
    union all
    select 'signing secret of route ' || private.route_label(kind, target) from public.routes
    where kind <> 'queue' and not exists (
      select from private.route_secrets where route_id = routes.id));
$$;

comment on function private.find_missing_secrets() is 'Names the secrets that the router should have and has not.';

create function private.read_vault()
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'missing', to_jsonb(private.find_missing_secrets()), 'unreadable', to_jsonb(private.find_unreadable_secrets()));
end;
$$;

comment on function private.read_vault() is
  'Checks that Vault can be read: {missing, unreadable}: names of secrets; unreadable: lost, or not to be decrypted.';

create function private.read_probe(request_id bigint)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'status_code', status_code, 'error', coalesce(error_msg, case when timed_out then 'Timeout' end))
    from net._http_response where id = read_probe.request_id);
end;
$$;

comment on function private.read_probe(bigint) is
  'Returns the dispatch function''s response to a probe: {status_code, error}; null if there is none yet.';

create function private.read_deliveries()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(recent)), '[]')
  from (
    select dispatches.signal_id, dispatches.status, (
      select error from public.dispatch_attempts where dispatch_id = dispatches.id order by started_at desc limit 1
    ) as error
    from public.dispatches
    join public.strategies on strategies.id = dispatches.strategy_id
    where strategies.id = (select strategy_id from private.doctor)
      and dispatches.created_at > now() - interval '5 minutes'
    order by dispatches.created_at desc
    limit 10) as recent;
$$;

comment on function private.read_deliveries() is
  'Returns the latest deliveries of doctor''s strategy: [{signal_id, status, error}].';

create function public.diagnose(probe bigint default null)
returns jsonb
language sql
volatile -- reads the clock
security definer -- reads what is private
set search_path = ''
set timezone = 'UTC'
as $$
  select jsonb_build_object(
    'now', clock_timestamp(),
    'postgres', current_setting('server_version'),
    'extensions', (select jsonb_object_agg(extname, extversion) from pg_catalog.pg_extension),
    'migrations', private.read_migrations(),
    'cron_jobs', private.read_cron_jobs(),
    'watches', public.read_watches(),
    'started_at', pg_postmaster_start_time(),
    'vault', private.read_vault(),
    'functions_url', private.functions_url(),
    'internal_url', internal_url,
    'probe', case when diagnose.probe is not null then private.read_probe(diagnose.probe) end,
    'deliveries', private.read_deliveries())
  from public.router_settings;
$$;

comment on function public.diagnose(bigint) is
  'Returns the state of a deployment for doctor: {now, postgres, extensions, migrations, cron_jobs, watches, '
  'started_at, vault, functions_url, internal_url, probe, deliveries}. No secret.';

revoke execute on function
  private.read_cron_jobs(), private.read_migrations(), private.find_missing_secrets(), private.read_vault(),
  private.read_probe(bigint), private.read_deliveries(), public.diagnose(bigint)
from public, anon, authenticated, service_role;
grant execute on function public.diagnose(bigint) to service_role;
