-- A watch that stands still sees nothing and says nothing. So others report it: a job that is none of the watches it
-- reports, the notification, and, where nothing of cron runs, whoever asks health, metrics or doctor.

create function private.stopped_watches(at timestamptz default now())
returns table (name text, finished_at timestamptz)
language sql
stable
set search_path = ''
as $$
  select name, finished_at from private.watches
  -- A server that was down for long has not missed a run yet.
  where greatest(finished_at, pg_postmaster_start_time()) <= stopped_watches.at - interval '3 minutes'
  order by name;
$$;

comment on function private.stopped_watches(timestamptz) is 'Returns the watches that have not finished for 3 minutes.';

create function private.report_stopped_watches(reporter text, at timestamptz default now())
returns void
language plpgsql
volatile
set search_path = ''
set lock_timeout = '1s' -- reports, even if what has stopped holds the incident
as $$
declare
  -- The reporter runs now.
  stopped constant text[] := array(
    select name from private.stopped_watches(report_stopped_watches.at) where name <> report_stopped_watches.reporter);
begin
  if stopped = '{}' then
    update public.incidents set status = 'resolved'
    where id in (
      select id from public.incidents where kind = 'monitor_stopped' and status <> 'resolved' for update skip locked);
    return;
  end if;
  perform private.open_incident('monitor_stopped', null, '', jsonb_build_object(
    'watches', to_jsonb(stopped),
    'meaning', format('Not finished for 3 minutes: %s. What they look for is not reported',
      array_to_string(stopped, ', '))), cardinality(stopped), is_measure => true);
  if 'notification' = any (stopped) then
    perform private.write_notification(private.incident_news('{monitor_stopped}'));
  end if;
end;
$$;

comment on function private.report_stopped_watches(text, timestamptz) is
  'monitor_stopped: a watch of the monitor has not finished for 3 minutes. If the notification is one of them, this '
  'writes the message about it.';

create function public.read_watches()
returns jsonb
language sql
stable
security definer -- reads what the caller may not
set search_path = ''
as $$
  select jsonb_agg(jsonb_build_object(
    'name', watches.name,
    'finished_at', watches.finished_at,
    'seconds', extract(epoch from now() - watches.finished_at),
    'stopped', stopped.name is not null) order by watches.name)
  from private.watches
  left join private.stopped_watches() as stopped on stopped.name = watches.name;
$$;

comment on function public.read_watches() is
  'Returns the watches of the monitor: [{name, finished_at, seconds, stopped}]; stopped: not finished for 3 minutes.';

revoke execute on function
  private.stopped_watches(timestamptz), private.report_stopped_watches(text, timestamptz), public.read_watches()
from public, anon, authenticated, service_role;
grant execute on function public.read_watches() to service_role;
