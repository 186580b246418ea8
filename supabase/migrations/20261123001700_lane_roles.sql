-- What signals are to each other: one place for queues, dispatches, limits and the hold. Of a queue or route, strategy
-- and symbol, signals go in order of acceptance, one at a time. Only a full close cancels, and only what it closes; it
-- goes past waiting entries of the other side, but not past exits, reversals and what is older of another kind.

create function private.lane_role(action text, intent text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case
    when lane_role.intent is null then
      case lane_role.action when 'buy' then 'open_long' when 'sell' then 'open_short' when 'exit' then 'close'
        else 'other' end
    when lane_role.intent like 'add%' then replace(lane_role.intent, 'add', 'open')
    when lane_role.intent like 'reduce%' then 'reduce'
    when lane_role.intent like 'reverse%' then 'reverse'
    else lane_role.intent end;
end;
$$;

comment on function private.lane_role(text, text) is
  'Returns what a signal is to the others of its lane: open_long or open_short (also what adds, and a bare buy or '
  'sell), reduce, close_long, close_short, close, reverse, or other.';

create function private.is_entry(lane_role text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return is_entry.lane_role in ('open_long', 'open_short');
end;
$$;

comment on function private.is_entry(text) is 'Whether a signal of this role only opens: a close may go past it.';

create function private.is_exit(lane_role text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return is_exit.lane_role in ('reduce', 'close_long', 'close_short', 'close');
end;
$$;

comment on function private.is_exit(text) is 'Whether a signal of this role closes or reduces a position.';

create function private.is_close(lane_role text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return is_close.lane_role in ('close_long', 'close_short', 'close');
end;
$$;

comment on function private.is_close(text) is 'Whether a signal of this role closes a position wholly.';

create function private.cancels(closing_role text, lane_role text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case cancels.closing_role
    when 'close' then cancels.lane_role in ('open_long', 'open_short', 'reverse')
    when 'close_long' then cancels.lane_role = 'open_long'
    when 'close_short' then cancels.lane_role = 'open_short'
    else false end;
end;
$$;

comment on function private.cancels(text, text) is
  'Whether a signal of the first role ends a waiting, older one of the second: only a full close does, and only what '
  'it closes.';

revoke execute on function
  private.lane_role(text, text), private.is_entry(text), private.is_exit(text), private.is_close(text),
  private.cancels(text, text)
from public, anon, authenticated, service_role;
