create function private.cancel_overtaken(exit_ids uuid[])
returns void
language plpgsql
volatile
set search_path = ''
set enable_sort = off -- see the indexes of dispatches
set enable_seqscan = off
as $$
begin
  update public.dispatches set status = 'cancelled', leased_until = null
  where id = any (array(
    select entry.id
    from public.dispatches as overtaking
    cross join lateral (
      select waiting.id from public.dispatches as waiting
      where waiting.route_id = overtaking.route_id and waiting.strategy_id = overtaking.strategy_id
        and waiting.symbol = overtaking.symbol and waiting.sequence < overtaking.sequence
        and waiting.status = 'pending' and waiting.is_entry
        and (waiting.leased_until is null or waiting.leased_until <= clock_timestamp())
      order by waiting.sequence
      for update skip locked) as entry
    where overtaking.id = any (cancel_overtaken.exit_ids) and overtaking.is_exit));
end;
$$;

comment on function private.cancel_overtaken(uuid[]) is
  'Cancels the entries that wait before these exits; an entry in flight may finish. Waits for nobody: what another '
  'transaction has now is not handed out while the exit is pending, and cancelled when the exit is leased or settled.';

create function private.dispatch_signals(
  signals public.signals[], routes public.routes[], replay_id uuid default null)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  exit_ids uuid[];
begin
  with made as (
    insert into public.dispatches (
      signal_id, route_id, strategy_id, symbol, is_entry, is_exit, target, expires_at, replay_id)
    select
      signal.id, route.id, signal.strategy_id, coalesce(signal.symbol, ''),
      private.is_entry(signal.action, signal.direction), private.is_exit(signal.action, signal.direction),
      route.target, signal.expires_at, dispatch_signals.replay_id
    from unnest(dispatch_signals.signals) with ordinality as signal
    join unnest(dispatch_signals.routes) with ordinality as route on route.ordinality = signal.ordinality
    order by signal.ordinality -- sequences are assigned in this order
    returning id, is_exit
  )
  select array_agg(id) filter (where is_exit) into exit_ids from made;

  if exit_ids is not null then
    perform private.cancel_overtaken(exit_ids);
  end if;
end;
$$;

comment on function private.dispatch_signals(public.signals[], public.routes[], uuid) is
  'Makes a dispatch of each signal on the function or http route at the same place, in this order. An exit overtakes '
  'the waiting entries of its lane, also those before it in the array.';

revoke execute on function
  private.cancel_overtaken(uuid[]), private.dispatch_signals(public.signals[], public.routes[], uuid)
from public, anon, authenticated, service_role;
