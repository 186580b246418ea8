-- What may be sent on: a strategy's status, narrowed by the mode of the whole router.

create function private.narrowed_status(status public.strategy_status, mode public.router_mode)
returns public.strategy_status
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case
    when narrowed_status.status in ('paused', 'archived') or narrowed_status.mode = 'active' then narrowed_status.status
    else narrowed_status.mode::text::public.strategy_status end;
end;
$$;

comment on function private.narrowed_status(public.strategy_status, public.router_mode) is
  'Returns the status of a strategy as the router''s mode narrows it.';

create function private.effective_status(strategy_id uuid)
returns public.strategy_status
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select private.narrowed_status(status, mode) from public.strategies, public.router_settings
    where strategies.id = effective_status.strategy_id);
end;
$$;

comment on function private.effective_status(uuid) is
  'Returns the status of a strategy as the router''s mode narrows it now.';

create function private.is_suppressed(status public.strategy_status, action text, lane_role text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case is_suppressed.status
    when 'active' then false
    when 'exits_only' then not (private.is_exit(is_suppressed.lane_role) or is_suppressed.lane_role = 'reverse'
      or is_suppressed.action = 'cancel')
    else true end;
end;
$$;

comment on function private.is_suppressed(public.strategy_status, text, text) is
  'Whether a signal is only recorded while its strategy has this status. Of a reversal the closing half passes.';

create function private.closing_half(signal public.signals)
returns public.signals
language plpgsql
immutable
set search_path = ''
as $$
declare
  half public.signals := closing_half.signal;
begin
  half.reduced_from := signal.intent;
  half.intent := case signal.intent when 'reverse_to_long' then 'close_short' else 'close_long' end;
  half.action := 'exit';
  half.direction := 'flat';
  half.quantity := null; -- it counts both halves
  return half;
end;
$$;

comment on function private.closing_half(public.signals) is
  'Returns a reversal as the close that is left of it where nothing may be opened.';

create function private.reduce_reversal(signal_id uuid)
returns public.signals
language plpgsql
volatile
set search_path = ''
as $$
declare
  signal public.signals;
begin
  select * into strict signal from public.signals where id = reduce_reversal.signal_id for no key update;
  if signal.intent like 'reverse%' then
    signal := private.closing_half(signal);
    update public.signals set
      action = signal.action, direction = signal.direction, intent = signal.intent, quantity = signal.quantity,
      reduced_from = signal.reduced_from
    where id = signal.id;
  end if;
  return signal;
end;
$$;

comment on function private.reduce_reversal(uuid) is
  'Leaves the closing half of a stored reversal that still waits, and returns it.';

revoke execute on function
  private.narrowed_status(public.strategy_status, public.router_mode), private.effective_status(uuid),
  private.is_suppressed(public.strategy_status, text, text), private.closing_half(public.signals),
  private.reduce_reversal(uuid)
from public, anon, authenticated, service_role;
