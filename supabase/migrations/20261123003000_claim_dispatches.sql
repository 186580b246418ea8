create function private.expire_dispatches(quantity integer default 500)
returns void
language plpgsql
volatile
set search_path = ''
set enable_sort = off -- see the indexes of dispatches
as $$
declare
  at constant timestamptz := clock_timestamp(); -- only a constant can use an index
  late_ids uuid[] := array(
    select id from public.dispatches
    where status = 'pending' and expires_at <= at and (leased_until is null or leased_until <= at)
    order by expires_at
    limit expire_dispatches.quantity
    for update skip locked);
  late record;
begin
  if late_ids = '{}' then
    return;
  end if;
  for late in
    with expired as (
      update public.dispatches set status = 'expired', leased_until = null
      where id = any (late_ids)
      returning strategy_id, signal_id, role
    )
    select strategy_id, array_agg(distinct signal_id) as signal_ids from expired where role <> 'test'
    group by strategy_id
  loop
    perform private.expire_signals(late.strategy_id, late.signal_ids);
  end loop;
end;
$$;

comment on function private.expire_dispatches(integer) is
  'Expires dispatches that are past their time, at most so many: a late trade is a hazard.';

create function private.claimable_dispatches(quantity integer, per_route integer, at timestamptz)
returns setof uuid
language sql
stable
set search_path = ''
as $$
  with routes as materialized (
    select *, sum(in_flight) over (partition by host) as host_in_flight,
      case when is_failing then 1 else per_route end - in_flight as free
    from private.waiting_routes(claimable_dispatches.at)
  ),
  heads as (
    select head.*, free, host, host_in_flight,
      row_number() over (partition by route_id order by is_exit desc, next_attempt_at) as place
    from routes
    cross join lateral (
      select distinct * from private.route_heads(routes.route_id, routes.free, claimable_dispatches.at)) as head
    where is_open and free > 0
  ),
  hosts as (
    select id, is_exit, next_attempt_at, host_in_flight + row_number() over (
        partition by host order by is_exit desc, place, next_attempt_at) as host_place
    from heads
    where place <= free
  ),
  ordered as (
    select *, row_number() over (order by is_exit desc, host_place, next_attempt_at) as position from hosts
  )
  select id from ordered
  -- Hosts that hang cannot take all places: a host gets its n-th only while four times n are free.
  where host_place = 1 or 4 * host_place <= claimable_dispatches.quantity - position + 1
  order by position
  limit claimable_dispatches.quantity;
$$;

comment on function private.claimable_dispatches(integer, integer, timestamptz) is
  'Returns the dispatches that may be delivered now: due, first in their lane, on a route that is neither paused nor '
  'full. Exits come first, then the hosts with the fewest in flight.';

create function private.max_per_route()
returns integer
language sql
immutable
set search_path = ''
as $$
  select 8;
$$;

comment on function private.max_per_route() is
  'Number of dispatches of a route that may be leased at once, so that a slow target does not delay the others.';

create function private.delivery_orders(dispatch_ids uuid[])
returns jsonb
language plpgsql -- not SQL, because signal_message is created later
stable
set search_path = ''
as $$
begin
  return (
    with leased as materialized (
      select * from public.dispatches where id = any (delivery_orders.dispatch_ids)
    ),
    targets as materialized (
      select id, kind, target, send_secret_key, private.route_secret(id) as secret
      from public.routes where id in (select route_id from leased)
    )
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', leased.id,
      'fence', leased.fence,
      'kind', targets.kind,
      'target', targets.target,
      'secret', targets.secret,
      'send_secret_key', targets.send_secret_key,
      'correlation_id', signals.correlation_id,
      'message', private.signal_message(signals, strategies.slug, leased.expires_at, leased.replay_id))), '[]')
    from leased
    join targets on targets.id = leased.route_id
    join public.signals on signals.id = leased.signal_id
    join public.strategies on strategies.id = leased.strategy_id);
end;
$$;

comment on function private.delivery_orders(uuid[]) is
  'Returns what a worker needs to deliver dispatches: see claim_dispatches.';

create function public.claim_dispatches(
  quantity integer, per_route integer default null, lease_seconds integer default 15)
returns jsonb
language plpgsql
volatile
security definer -- reads the routes' secrets
set search_path = ''
set enable_sort = off -- see the indexes of dispatches
set enable_seqscan = off
as $$
declare
  at timestamptz;
  claimable uuid[];
  locked uuid[];
  heads uuid[];
  leased_ids uuid[];
begin
  perform private.expire_dispatches();
  perform private.end_late_entries();

  claimable := array(select private.claimable_dispatches(
    claim_dispatches.quantity, coalesce(claim_dispatches.per_route, private.max_per_route()), clock_timestamp()));
  if claimable = '{}' then
    return '[]';
  end if;
  -- A concurrent claim may lease in the same lanes, unseen: one at a time may do so.
  locked := array(
    select id from (
      select id, pg_try_advisory_xact_lock(
        hashtextextended(concat_ws(':', 'lane', route_id, strategy_id, symbol), 0)) as is_locked
      from public.dispatches where id = any (claimable)) as lanes
    where is_locked);

  -- From here on this sees all that was committed meanwhile: the leases of others, older dispatches, exits.
  at := clock_timestamp();
  heads := array(
    select head_id from private.waiting_dispatches
    where id = any (locked) and coalesce(lane_leased_until <= at, true)
    order by id);
  with leased as (
    update public.dispatches set
      leased_until = at + make_interval(secs => claim_dispatches.lease_seconds),
      fence = fence + 1
    where id = any (array(
      select id from public.dispatches
      where id = any (heads) and status = 'pending' and next_attempt_at <= at and expires_at > at
      order by id
      for update skip locked))
    returning id
  )
  select array_agg(id) into leased_ids from leased;
  perform private.cancel_overtaken(leased_ids);
  return private.delivery_orders(leased_ids);
end;
$$;

comment on function public.claim_dispatches(integer, integer, integer) is
  'Leases due dispatches to a worker: [{id, fence, kind, target, secret, send_secret_key, correlation_id, message}]. '
  'Settle them before the lease ends.';

revoke execute on function
  private.expire_dispatches(integer), private.claimable_dispatches(integer, integer, timestamptz),
  private.max_per_route(), private.delivery_orders(uuid[]),
  public.claim_dispatches(integer, integer, integer)
from public, anon, authenticated, service_role;
grant execute on function public.claim_dispatches(integer, integer, integer) to service_role;
