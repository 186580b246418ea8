-- One pass a minute over what has happened since the last: opens, counts, escalates and resolves incidents.

create table private.monitor (
  singleton boolean primary key default true constraint monitor_has_one_row check (singleton),
  last_run_at timestamptz not null default now(),
  seen pg_snapshot not null default pg_current_snapshot()
);

comment on table private.monitor is 'One row: how far the monitor has looked.';
comment on column private.monitor.seen is
  'The transactions that the last pass saw: times would miss what was received before it and committed after.';

insert into private.monitor default values;
select private.deny_clients('{private.monitor}');

create type private.monitor_pass as (since timestamptz, seen pg_snapshot, now_seen pg_snapshot);

comment on type private.monitor_pass is
  'What a pass looks at: what now_seen shows and seen did not, and nothing received long before since.';

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
  -- In a statement of its own: its snapshot is not older than what a pass before this one saw.
  select last_run_at, seen, pg_current_snapshot() into pass from private.monitor where singleton;
  -- A database that was restored from a dump counts its transactions anew.
  if pg_snapshot_xmax(pass.seen) > pg_snapshot_xmax(pass.now_seen) then
    pass.seen := pass.now_seen;
  end if;
  return pass;
end;
$$;

comment on function private.begin_pass() is
  'Locks the monitor''s row, so that there is one pass at a time, and says what the pass looks at.';

create function private.is_new(recorded_in xid8, pass private.monitor_pass)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select pg_visible_in_snapshot(recorded_in, pass.now_seen) and not pg_visible_in_snapshot(recorded_in, pass.seen);
$$;

comment on function private.is_new(xid8, private.monitor_pass) is
  'Whether a row is this pass''s: in every row''s life that is one pass.';

create function private.earliest(pass private.monitor_pass)
returns timestamptz
language sql
immutable
set search_path = ''
as $$
  select pass.since - interval '5 minutes';
$$;

comment on function private.earliest(private.monitor_pass) is
  'What was received before this has been seen: no statement that records anything runs for so long.';

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

comment on function private.resolve_quiet() is 'What has not been seen for a while is over.';

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

comment on function private.monitor() is 'One pass of the monitor; run every minute by cron.';

revoke execute on function
  private.begin_pass(), private.is_new(xid8, private.monitor_pass), private.earliest(private.monitor_pass),
  private.resolve_quiet(), private.monitor()
from public, anon, authenticated, service_role;
