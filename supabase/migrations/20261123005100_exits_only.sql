-- When a strategy, or the router, is set to let only exits through, what waits to open something ends. What comes
-- meanwhile from a transaction that did not see it yet is ended when it is claimed or released.

create function private.end_entry_dispatches(strategy_id uuid)
returns void
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off -- see the indexes of dispatches
set enable_sort = off
as $$
declare
  route record;
begin
  for route in
    select id from public.routes
    where kind <> 'queue'
      and (routes.strategy_id = end_entry_dispatches.strategy_id or routes.strategy_id is null)
  loop
    update public.dispatches set
      status = case when is_entry then 'cancelled' else status end,
      role = case when is_entry then role
        else private.lane_role('exit', (private.reduce_reversal(signal_id)).intent) end,
      leased_until = null
    where id = any (array(
      select id from public.dispatches as waiting
      where waiting.route_id = route.id and waiting.strategy_id = end_entry_dispatches.strategy_id
        and waiting.status = 'pending' and (is_entry or role = 'reverse')
        and (leased_until is null or leased_until <= clock_timestamp())
      order by symbol, sequence
      for update skip locked));
  end loop;
end;
$$;

comment on function private.end_entry_dispatches(uuid) is
  'Cancels the dispatches of a strategy that wait to open something, and leaves the closing half of its reversals. '
  'What is in flight stays.';

create function private.end_entry_messages(strategy_id uuid)
returns void
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  max_lanes constant integer := 500; -- the others end when they are claimed
  waiting private.waiting_messages;
begin
  for waiting in
    select distinct on (lane_key) * from private.waiting_messages
    where queue = any (private.known_queues()) and waiting_messages.strategy_id = end_entry_messages.strategy_id
      and (is_entry or role = 'reverse')
    order by lane_key
    limit max_lanes
  loop
    if pg_try_advisory_xact_lock(waiting.lane_key) then
      perform private.end_entries(waiting);
    end if;
  end loop;
end;
$$;

comment on function private.end_entry_messages(uuid) is
  'Ends the messages of a strategy that wait to open something, in up to 500 lanes.';

create function private.end_waiting_entries(strategy_id uuid)
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  perform private.end_held_entries(end_waiting_entries.strategy_id);
  perform private.end_entry_dispatches(end_waiting_entries.strategy_id);
  perform private.end_entry_messages(end_waiting_entries.strategy_id);
end;
$$;

comment on function private.end_waiting_entries(uuid) is
  'Ends what a strategy holds, queues and dispatches and would open something: it only lets exits through now.';

create function private.end_late_entries()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  only_exits constant boolean := (select mode = 'exits_only' from public.router_settings);
begin
  perform private.end_entry_dispatches(id) from public.strategies
  where status = 'exits_only' or only_exits and status = 'active';
end;
$$;

comment on function private.end_late_entries() is
  'Ends the dispatches that came from a transaction which did not see yet that only exits may pass.';

create function private.end_entries_of_strategy()
returns trigger
language plpgsql
security definer -- queues belong to postgres, whoever edits the strategy
set search_path = ''
as $$
begin
  perform private.end_waiting_entries(new.id);
  return null;
end;
$$;

comment on function private.end_entries_of_strategy() is
  'After-row trigger: a strategy that only lets exits through has no entries waiting.';

create trigger strategies_end_entries
  after update of status on public.strategies
  for each row when (new.status = 'exits_only' and old.status <> 'exits_only')
  execute function private.end_entries_of_strategy();

create function private.end_entries_of_router()
returns trigger
language plpgsql
security definer -- queues belong to postgres, whoever edits the settings
set search_path = ''
as $$
declare
  started_at constant timestamptz := clock_timestamp();
  strategy_id uuid;
begin
  -- To halt must not take long: the entries of the rest end when they would be handed out, see end_late_entries.
  for strategy_id in select id from public.strategies where status = 'active' loop
    perform private.end_waiting_entries(strategy_id);
    exit when clock_timestamp() > started_at + interval '2 seconds';
  end loop;
  return null;
end;
$$;

comment on function private.end_entries_of_router() is
  'After-row trigger: a router that only lets exits through has no entries waiting.';

create trigger router_settings_end_entries
  after update of mode on public.router_settings
  for each row when (new.mode = 'exits_only' and old.mode <> 'exits_only')
  execute function private.end_entries_of_router();

create function public.set_mode(mode public.router_mode, actor text default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
begin
  perform private.declare_actor(set_mode.actor);
  if set_mode.mode is null then
    raise exception 'Cannot set the mode: it is active, exits_only or paused' using errcode = 'invalid_parameter_value';
  end if;
  update public.router_settings set mode = set_mode.mode where router_settings.mode <> set_mode.mode;
  return jsonb_build_object('mode', set_mode.mode);
end;
$$;

comment on function public.set_mode(public.router_mode, text) is
  'Sets what every strategy may send on: active (as its own status says), exits_only or paused.';

create function public.read_mode()
returns jsonb
language sql
stable
security definer -- so that no grant on the table is needed
set search_path = ''
as $$
  select jsonb_build_object('mode', mode) from public.router_settings;
$$;

comment on function public.read_mode() is 'Returns what every strategy may send on: {mode}.';

revoke execute on function
  private.end_entry_dispatches(uuid), private.end_entry_messages(uuid), private.end_waiting_entries(uuid),
  private.end_late_entries(), private.end_entries_of_strategy(), private.end_entries_of_router(),
  public.set_mode(public.router_mode, text), public.read_mode()
from public, anon, authenticated, service_role;
grant execute on function public.set_mode(public.router_mode, text), public.read_mode() to service_role;
