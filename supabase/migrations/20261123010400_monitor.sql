-- The monitor's watches read what is new, and open, count, escalate and resolve incidents. Each is a cron job of its
-- own (*_cron.sql), so that one that waits or fails cannot stop the others.

create table private.watches (
  name text primary key,
  seen pg_snapshot not null default pg_current_snapshot(),
  finished_at timestamptz not null default now()
);

comment on table private.watches is 'How far each watch of the monitor has read.';
comment on column private.watches.seen is
  'Transactions that its last run saw. A time would miss rows that were received before it and committed after it.';
comment on column private.watches.finished_at is
  'The end of its last run: a watch that does not finish for three minutes is an incident, see *_stopped_watches.sql.';

insert into private.watches (name)
values
  ('auth_failures'), ('refusals'), ('storms'), ('silence'), ('positions'), ('backlog'), ('old_secrets'), ('workers'),
  ('resolution'),
  ('watches'), ('notification');
select private.deny_clients('{private.watches}');

create type private.monitor_pass as (since timestamptz, seen pg_snapshot, now_seen pg_snapshot);

comment on type private.monitor_pass is
  'Range of a run: rows that now_seen shows and seen did not, received not long before since.';

create function private.begin_pass(watch text)
returns private.monitor_pass
language plpgsql
volatile
set search_path = ''
as $$
declare
  pass private.monitor_pass;
begin
  perform from private.watches where name = begin_pass.watch for update;
  -- A statement of its own, so that its snapshot is not older than the last run.
  select finished_at, seen, pg_current_snapshot() into strict pass from private.watches where name = begin_pass.watch;
  -- A database restored from a dump has a new count of transactions.
  if pg_snapshot_xmax(pass.seen) > pg_snapshot_xmax(pass.now_seen) then
    pass.seen := pass.now_seen;
  end if;
  return pass;
end;
$$;

comment on function private.begin_pass(text) is
  'Locks the row of a watch, so that it runs once at a time, and returns the range of the run.';

create function private.is_new(recorded_in xid8, pass private.monitor_pass)
returns boolean
language plpgsql -- see stated_position
immutable
set search_path = ''
as $$
begin
  return pg_visible_in_snapshot(recorded_in, pass.now_seen) and not pg_visible_in_snapshot(recorded_in, pass.seen);
end;
$$;

comment on function private.is_new(xid8, private.monitor_pass) is
  'Whether a row belongs to this run. Every row belongs to exactly one run. An index on recorded_in finds the '
  'candidates: a new row''s transaction is not older than the oldest that was under way at the last run.';

create function private.earliest(pass private.monitor_pass)
returns timestamptz
language sql
immutable
set search_path = ''
as $$
  select pass.since - interval '1 hour';
$$;

comment on function private.earliest(private.monitor_pass) is
  'A time before which every row has been seen, so that rows of a restored database, whose transactions have higher '
  'numbers than its own, are never new.';

create function private.resolve_quiet()
returns void
language sql
volatile
set search_path = ''
as $$
  update public.incidents set reopens_until = null
  where id in (select id from public.incidents where reopens_until <= now() for update skip locked);

  update public.incidents set
    status = 'resolved',
    is_quiet = kind not in ('silent_strategy', 'rate_limited', 'backlog', 'unreadable_secrets', 'worker_silent'),
    -- Each exit that failed is news of its own.
    reopens_until = case when kind <> 'exit_failed' then last_seen_at + private.recurrence() end
  where id in (
    -- Waits for no other watch: what it updates now is not quiet.
    select id from public.incidents, public.router_settings
    where status <> 'resolved'
      and last_seen_at < now() - case when reopened_at is null then incident_quiet
        else greatest(incident_quiet, private.recurrence()) end
      and not (kind = 'route_down' and exists (
        select from private.route_health where route_id::text = subject))
      and not (kind = 'route_disabled' and exists (
        select from public.routes where routes.id::text = subject and is_gone))
      and not (kind = 'rate_limited' and exists (
        select from public.signals where signals.strategy_id = incidents.strategy_id and signals.status = 'held'))
      and not (kind = 'silent_strategy' and exists (
        select from private.silent_strategies() as silent where silent.strategy_id = incidents.strategy_id))
    for update skip locked);
$$;

comment on function private.resolve_quiet() is
  'Resolves incidents that were not seen for incident_quiet, or for a day if they have come back before: as quiet, but '
  'where their cause is looked for at every run, and is over.';

create function private.run_watch(name text)
returns void
language plpgsql
volatile
set search_path = ''
set lock_timeout = '5s' -- then it fails, and runs again at its next turn
as $$
declare
  pass constant private.monitor_pass := private.begin_pass(run_watch.name);
begin
  case run_watch.name
    when 'auth_failures' then perform private.watch_auth_failures(pass);
    when 'refusals' then perform private.watch_refusals(pass);
    when 'storms' then perform private.watch_storms();
    when 'silence' then perform private.watch_silence();
    when 'positions' then perform private.watch_positions(pass);
    when 'backlog' then perform private.watch_backlog();
    when 'old_secrets' then
      perform private.watch_old_secrets();
      perform private.watch_unreadable_secrets();
    when 'workers' then perform private.watch_workers();
    when 'resolution' then perform private.resolve_quiet();
    when 'watches' then perform private.report_stopped_watches(run_watch.name);
    when 'notification' then
      perform private.report_stopped_watches(run_watch.name);
      perform private.count_reports();
      perform private.notify_operators(pass);
  end case;
  update private.watches set seen = pass.now_seen, finished_at = clock_timestamp()
  where watches.name = run_watch.name;
end;
$$;

comment on function private.run_watch(text) is 'Runs one watch of the monitor; run by a cron job of its own.';

create function private.monitor()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  watch text;
begin
  -- First, and in one order: a watch that cron runs now may hold an incident that this transaction needs.
  perform from private.watches order by name for update;
  foreach watch in array array[
    'auth_failures', 'refusals', 'storms', 'silence', 'positions', 'backlog', 'old_secrets', 'workers', 'resolution',
    'watches',
    'notification']
  loop
    perform private.run_watch(watch);
  end loop;
end;
$$;

comment on function private.monitor() is 'Runs all watches now, for operators and tests; cron runs them one by one.';

revoke execute on function
  private.begin_pass(text), private.is_new(xid8, private.monitor_pass), private.earliest(private.monitor_pass),
  private.resolve_quiet(), private.run_watch(text), private.monitor()
from public, anon, authenticated, service_role;
