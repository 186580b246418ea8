-- The dispatches that may go next. Only functions that set enable_sort = off may read the view: see the indexes of
-- dispatches.
create view private.waiting_dispatches
with (security_invoker = true)
as
select
  dispatches.*,
  coalesce(
    (
      -- A close goes past the entries before it.
      select case when other.is_close then other.id end from public.dispatches as other
      where other.route_id = dispatches.route_id and other.strategy_id = dispatches.strategy_id
        and other.symbol = dispatches.symbol and other.status = 'pending' and not other.is_entry
      order by other.sequence limit 1),
    (
      select oldest.id from public.dispatches as oldest
      where oldest.route_id = dispatches.route_id and oldest.strategy_id = dispatches.strategy_id
        and oldest.symbol = dispatches.symbol and oldest.status = 'pending'
      order by oldest.sequence limit 1)
  ) as head_id,
  (
    select leased.leased_until from public.dispatches as leased
    where leased.route_id = dispatches.route_id and leased.strategy_id = dispatches.strategy_id
      and leased.symbol = dispatches.symbol and leased.status = 'pending' and leased.leased_until is not null
    order by leased.leased_until desc limit 1
  ) as lane_leased_until
from public.dispatches
where status = 'pending';

comment on view private.waiting_dispatches is
  'Pending dispatches with the head of their lane (head_id: the one that goes next, due or not) and the end of the '
  'lane''s last lease.';

create function private.may_dispatch(strategy_id uuid, role text)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return case private.effective_status(may_dispatch.strategy_id)
    when 'active' then true
    when 'exits_only' then not private.is_entry(may_dispatch.role) and may_dispatch.role <> 'reverse'
    else false end;
end;
$$;

comment on function private.may_dispatch(uuid, text) is
  'Whether dispatches of this role may be delivered now: not while their strategy is paused, and no entries while only '
  'exits may be.';

create function private.waiting_routes(at timestamptz)
returns table (route_id uuid, host text, is_open boolean, is_failing boolean, in_flight bigint)
language plpgsql
stable
set search_path = ''
set enable_sort = off
as $$
#variable_conflict use_column
begin
  return query
  with recursive waiting as (
    -- From route to route by index, however many dispatches wait on each.
    (select dispatches.route_id from public.dispatches where status = 'pending' order by route_id limit 1)
    union all
    select (
      select dispatches.route_id from public.dispatches
      where status = 'pending' and dispatches.route_id > waiting.route_id order by route_id limit 1)
    from waiting
    where waiting.route_id is not null
  )
  select
    routes.id,
    coalesce(substring(routes.target from '^https?://([^/?#]+)'), routes.target),
    routes.enabled and coalesce(health.paused_until <= waiting_routes.at, true)
      and coalesce(private.effective_status(routes.strategy_id) in ('active', 'exits_only'), true),
    coalesce(health.failures >= private.breaker_threshold(), false),
    (
      select count(*) from (
        select from public.dispatches
        where dispatches.route_id = routes.id and status = 'pending' and leased_until > waiting_routes.at
        order by leased_until) as leased)
  from waiting
  join public.routes on routes.id = waiting.route_id
  left join private.route_health as health on health.route_id = waiting.route_id;
end;
$$;

comment on function private.waiting_routes(timestamptz) is
  'Returns the routes on which dispatches wait: the host, whether it may be called now, whether it failed so often '
  'that it gets one dispatch at a time, and how many are in flight.';

create function private.route_heads(route_id uuid, quantity bigint, at timestamptz)
returns table (id uuid, is_exit boolean, next_attempt_at timestamptz)
language plpgsql
stable
set search_path = ''
set enable_sort = off
as $$
#variable_conflict use_column
declare
  max_looked constant integer := 200;
  looked integer;
  wanted bigint := route_heads.quantity;
  exits boolean;
  due record;
begin
  -- The heads are among the first that are due, unless many wait behind a head that is not.
  foreach exits in array array[true, false] loop
    looked := 0;
    for due in
      select id, is_exit, next_attempt_at, head_id = id and coalesce(lane_leased_until <= route_heads.at, true)
          and private.may_dispatch(strategy_id, role) as is_head
      from private.waiting_dispatches
      where route_id = route_heads.route_id and is_exit = exits and next_attempt_at <= route_heads.at
      order by next_attempt_at
      limit max_looked
    loop
      looked := looked + 1;
      if due.is_head then
        id := due.id;
        is_exit := due.is_exit;
        next_attempt_at := due.next_attempt_at;
        return next;
        wanted := wanted - 1;
        if wanted = 0 then
          return;
        end if;
      end if;
    end loop;
    exit when looked = max_looked;
  end loop;
  if looked < max_looked then
    return;
  end if;

  -- From lane to lane by index, however deep they are.
  return query
  with recursive lanes as (
    (select strategy_id, symbol, head_id, lane_leased_until from private.waiting_dispatches
    where route_id = route_heads.route_id
    order by strategy_id, symbol limit 1)
    union all
    select next.*
    from lanes
    cross join lateral (
      select waiting.strategy_id, waiting.symbol, waiting.head_id, waiting.lane_leased_until
      from private.waiting_dispatches as waiting
      where waiting.route_id = route_heads.route_id
        and (waiting.strategy_id, waiting.symbol) > (lanes.strategy_id, lanes.symbol)
      order by waiting.strategy_id, waiting.symbol limit 1) as next
  )
  select head.id, head.is_exit, head.next_attempt_at
  from lanes
  cross join lateral (select * from public.dispatches where id = lanes.head_id offset 0) as head
  where head.next_attempt_at <= route_heads.at and coalesce(lanes.lane_leased_until <= route_heads.at, true)
    and private.may_dispatch(lanes.strategy_id, head.role);
end;
$$;

comment on function private.route_heads(uuid, bigint, timestamptz) is
  'Returns dispatches of a route that are due and next in a lane with none in flight: as many as are wanted, exits '
  'first, then those due longest; where many wait behind others, all that there are, some of them twice.';

revoke all on private.waiting_dispatches from public, anon, authenticated, service_role;
revoke execute on function
  private.may_dispatch(uuid, text), private.waiting_routes(timestamptz), private.route_heads(uuid, bigint, timestamptz)
from public, anon, authenticated, service_role;
