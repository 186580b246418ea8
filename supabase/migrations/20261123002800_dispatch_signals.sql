create function private.set_settled_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.settled_at := clock_timestamp();
  return new;
end;
$$;

comment on function private.set_settled_at() is 'Before-row trigger: sets the time when a dispatch was settled.';

create trigger dispatches_set_settled_at
  before update of status on public.dispatches
  for each row when (new.status <> 'pending' and old.status = 'pending') execute function private.set_settled_at();

create function private.cancel_overtaken(close_ids uuid[])
returns void
language plpgsql
volatile
set search_path = ''
set enable_sort = off -- see the indexes of dispatches
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
  with overtaken as materialized (
    select entry.id, overtaking.signal_id
    from public.dispatches as overtaking
    cross join lateral (
      select waiting.id from public.dispatches as waiting
      where waiting.route_id = overtaking.route_id and waiting.strategy_id = overtaking.strategy_id
        and waiting.symbol = overtaking.symbol and waiting.sequence < overtaking.sequence
        and waiting.status = 'pending' and private.cancels(overtaking.role, waiting.role)
        and (waiting.leased_until is null or waiting.leased_until <= clock_timestamp())
      order by waiting.sequence
      for update skip locked) as entry
    where overtaking.id = any (cancel_overtaken.close_ids) and overtaking.is_close
  )
  update public.dispatches set status = 'cancelled', leased_until = null, cancelled_by = overtaken.signal_id
  from overtaken where dispatches.id = overtaken.id;
end;
$$;

comment on function private.cancel_overtaken(uuid[]) is
  'Cancels what waits before these closes and opens what they close; what is in flight may finish. Waits for nobody: '
  'what another transaction has now is not handed out while the close is pending, and cancelled when the close is '
  'leased or settled.';

create function private.dispatch_signals(
  signals public.signals[], routes public.routes[], replay_id uuid default null)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  close_ids uuid[];
begin
  with made as (
    insert into public.dispatches (
      signal_id, route_id, strategy_id, symbol, role, target, expires_at, replay_id)
    select
      signal.id, route.id, signal.strategy_id, coalesce(signal.symbol, ''),
      private.lane_role(signal.action, signal.intent), private.shown_target(route.target), signal.expires_at,
      dispatch_signals.replay_id
    from unnest(dispatch_signals.signals) with ordinality as signal
    join unnest(dispatch_signals.routes) with ordinality as route on route.ordinality = signal.ordinality
    order by signal.ordinality -- sequences are assigned in this order
    returning id, is_close
  )
  select array_agg(id) filter (where is_close) into close_ids from made;

  if close_ids is not null then
    perform private.cancel_overtaken(close_ids);
  end if;
end;
$$;

comment on function private.dispatch_signals(public.signals[], public.routes[], uuid) is
  'Makes a dispatch of each signal on the function or http route at the same place, in this order. A close cancels '
  'what it closes, also before it in the array.';

revoke execute on function
  private.set_settled_at(), private.cancel_overtaken(uuid[]),
  private.dispatch_signals(public.signals[], public.routes[], uuid)
from public, anon, authenticated, service_role;
