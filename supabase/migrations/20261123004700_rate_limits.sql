-- Rate limits count accepted signals of the last 60 seconds by index: a counter row would be locked by every alert of a
-- busy strategy.

create function private.strategy_limit_left(strategy_id uuid, rate_limit integer)
returns bigint
language plpgsql
stable -- sees what its caller's statement sees: it must begin after the limit is locked
set search_path = ''
as $$
begin
  if strategy_limit_left.rate_limit is null then
    return null;
  end if;
  -- Not clock_timestamp(): only a stable bound can use the index.
  return strategy_limit_left.rate_limit - (
    select count(*) from public.signals
    where signals.strategy_id = strategy_limit_left.strategy_id and accepted_at > now() - interval '1 minute');
end;
$$;

comment on function private.strategy_limit_left(uuid, integer) is
  'Returns how many more signals a strategy''s limit per minute allows now; null: no limit.';

create function private.universal_limit_left()
returns bigint
language plpgsql
stable -- sees what its caller's statement sees: it must begin after the limit is locked
set search_path = ''
as $$
declare
  rate_limit constant integer := (select universal_rate_limit_per_minute from public.router_settings);
begin
  if rate_limit is null then
    return null;
  end if;
  return rate_limit - (
    select count(*) from public.signals
    where signals.endpoint = 'universal' and accepted_at > now() - interval '1 minute');
end;
$$;

comment on function private.universal_limit_left() is
  'Returns how many more signals the universal endpoint''s limit allows now; null: no limit.';

create function private.exit_bound(rate_limit integer)
returns integer
language plpgsql
immutable
set search_path = ''
as $$
begin
  return greatest(10 * exit_bound.rate_limit, 600);
end;
$$;

comment on function private.exit_bound(integer) is
  'Returns how many exits a minute a limit admits: they pass it, but not without end. Null: no limit.';

create function private.strategy_exits_left(strategy_id uuid, rate_limit integer)
returns bigint
language plpgsql
stable -- see strategy_limit_left
set search_path = ''
as $$
begin
  if strategy_exits_left.rate_limit is null then
    return null;
  end if;
  return private.exit_bound(strategy_exits_left.rate_limit) - (
    select count(*) from public.signals
    where signals.strategy_id = strategy_exits_left.strategy_id and accepted_at > now() - interval '1 minute'
      and private.is_exit(private.lane_role(action, intent)));
end;
$$;

comment on function private.strategy_exits_left(uuid, integer) is
  'Returns how many more exits a strategy may send now; null: no limit.';

create function private.universal_exits_left()
returns bigint
language plpgsql
stable -- see strategy_limit_left
set search_path = ''
as $$
declare
  rate_limit constant integer := (select universal_rate_limit_per_minute from public.router_settings);
begin
  if rate_limit is null then
    return null;
  end if;
  return private.exit_bound(rate_limit) - (
    select count(*) from public.signals
    where signals.endpoint = 'universal' and accepted_at > now() - interval '1 minute'
      and private.is_exit(private.lane_role(action, intent)));
end;
$$;

comment on function private.universal_exits_left() is
  'Returns how many more exits the universal endpoint takes now; null: no limit.';

create function private.limit_left(strategy public.strategies, endpoint text)
returns bigint
language sql
stable
set search_path = ''
as $$
  select least(
    private.strategy_limit_left(strategy.id, strategy.rate_limit_per_minute),
    case when limit_left.endpoint = 'universal' then private.universal_limit_left() end);
$$;

comment on function private.limit_left(public.strategies, text) is
  'Returns how many more signals the limits of the strategy and of the endpoint allow now; null: no limit.';

create function private.limit_lock(subject text)
returns bigint
language sql
immutable
set search_path = ''
as $$
  select hashtextextended('limit:' || limit_lock.subject, 0);
$$;

comment on function private.limit_lock(text) is
  'Returns the advisory lock of a limit: a strategy''s by its id, or that of the endpoint universal.';

create function private.lock_limit(strategy_id uuid)
returns void
language sql
volatile
set search_path = ''
as $$
  -- The universal limit is shared by all strategies: its lock comes first, everywhere.
  select pg_advisory_xact_lock(private.limit_lock('universal'))
  from public.router_settings where universal_rate_limit_per_minute is not null;
  select pg_advisory_xact_lock(private.limit_lock(lock_limit.strategy_id::text));
$$;

comment on function private.lock_limit(uuid) is 'Locks the limit of a strategy until the transaction ends.';

revoke execute on function
  private.strategy_limit_left(uuid, integer), private.universal_limit_left(), private.exit_bound(integer),
  private.strategy_exits_left(uuid, integer), private.universal_exits_left(),
  private.limit_left(public.strategies, text), private.limit_lock(text), private.lock_limit(uuid)
from public, anon, authenticated, service_role;
