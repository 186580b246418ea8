-- Reads once a minute what is new since the last pass: opens, counts, escalates and resolves incidents.

create table private.monitor (
  singleton boolean primary key default true constraint monitor_has_one_row check (singleton),
  last_run_at timestamptz not null default now(),
  seen pg_snapshot not null default pg_current_snapshot()
);

comment on table private.monitor is 'One row: how far the monitor has read.';
comment on column private.monitor.seen is
  'Transactions that the last pass saw. A time would miss rows that were received before it and committed after it.';

insert into private.monitor default values;
select private.deny_clients('{private.monitor}');

create type private.monitor_pass as (since timestamptz, seen pg_snapshot, now_seen pg_snapshot);

comment on type private.monitor_pass is
  'Range of a pass: rows that now_seen shows and seen did not, received not long before since.';

create function private.begin_pass()
returns private.monitor_pass
language plpgsql
volatile
set search_path = ''
as $$
declare
  pass private.monitor_pass;
begin
  perform from private.monitor where singleton for update;
  -- A statement of its own, so that its snapshot is not older than the last pass.
  select last_run_at, seen, pg_current_snapshot() into pass from private.monitor where singleton;
  -- A database restored from a dump has a new count of transactions.
  if pg_snapshot_xmax(pass.seen) > pg_snapshot_xmax(pass.now_seen) then
    pass.seen := pass.now_seen;
  end if;
  return pass;
end;
$$;

comment on function private.begin_pass() is
  'Locks the monitor''s row, so that one pass runs at a time, and returns the range of the pass.';

create function private.is_new(recorded_in xid8, pass private.monitor_pass)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select pg_visible_in_snapshot(recorded_in, pass.now_seen) and not pg_visible_in_snapshot(recorded_in, pass.seen);
$$;

comment on function private.is_new(xid8, private.monitor_pass) is
  'Whether a row belongs to this pass. Every row belongs to exactly one pass.';

create function private.earliest(pass private.monitor_pass)
returns timestamptz
language sql
immutable
set search_path = ''
as $$
  select pass.since - interval '5 minutes';
$$;

comment on function private.earliest(private.monitor_pass) is
  'The time before which every row has been seen: no recording statement runs for so long.';

create function private.resolve_quiet()
returns void
language sql
volatile
set search_path = ''
as $$
  update public.incidents set status = 'resolved'
  where status <> 'resolved' and last_seen_at < now() - (select incident_quiet from public.router_settings)
    and not (kind = 'route_down' and exists (
      select from private.route_health where route_id::text = subject))
    and not (kind = 'rate_limited' and exists (
      select from public.signals where signals.strategy_id = incidents.strategy_id and signals.status = 'held'));
$$;

comment on function private.resolve_quiet() is 'Resolves incidents that were not seen for incident_quiet.';

create function private.monitor()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  pass constant private.monitor_pass := private.begin_pass();
begin
  perform private.watch_auth_failures();
  perform private.watch_refusals(pass);
  perform private.watch_storms();
  perform private.watch_silence();
  perform private.watch_positions(pass);
  perform private.watch_backlog();
  perform private.watch_old_secrets();
  perform private.resolve_quiet();
  perform private.notify_operators(pass);
  update private.monitor set last_run_at = now(), seen = pass.now_seen where singleton;
end;
$$;

comment on function private.monitor() is 'Runs one pass of the monitor; run every minute by cron.';

revoke execute on function
  private.begin_pass(), private.is_new(xid8, private.monitor_pass), private.earliest(private.monitor_pass),
  private.resolve_quiet(), private.monitor()
from public, anon, authenticated, service_role;
