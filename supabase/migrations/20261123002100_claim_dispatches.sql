create function private.expire_dispatches()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  at constant timestamptz := clock_timestamp(); -- only a constant can use an index
  late record;
begin
  for late in
    with expired as (
      update public.dispatches set status = 'expired', leased_until = null
      where id = any (array(
        select id from public.dispatches
        where status = 'pending' and expires_at <= at and (leased_until is null or leased_until <= at)
        for update skip locked))
      returning strategy_id, signal_id
    )
    select strategy_id, array_agg(distinct signal_id) as signal_ids from expired group by strategy_id
  loop
    perform private.expire_signals(late.strategy_id, late.signal_ids);
  end loop;
end;
$$;

comment on function private.expire_dispatches() is
  'Expires the dispatches that are past their time: a late trade is a hazard.';

create function private.cancel_overtaken(at timestamptz)
returns void
language sql
volatile
set search_path = ''
as $$
  update public.dispatches set status = 'cancelled', leased_until = null
  where id = any (array(
    select id from public.dispatches as entry
    where status = 'pending' and is_entry and leased_until <= cancel_overtaken.at
      and exists (
        select from public.dispatches as later
        where later.route_id = entry.route_id and later.strategy_id = entry.strategy_id
          and later.symbol = entry.symbol and later.sequence > entry.sequence
          and later.status = 'pending' and later.is_exit)
    for update skip locked));
$$;

comment on function private.cancel_overtaken(timestamptz) is
  'Cancels entries whose worker died and that an exit has overtaken.';

create function private.claimable_dispatches(quantity integer, per_route integer, at timestamptz)
returns setof uuid
language sql
stable
set search_path = ''
as $$
  with in_flight as (
    select route_id, count(*) as count
    from public.dispatches
    where status = 'pending' and leased_until > claimable_dispatches.at
    group by route_id
  ),
  heads as (
    select dispatches.id, dispatches.is_exit, dispatches.next_attempt_at,
      row_number() over (partition by dispatches.route_id order by is_exit desc, next_attempt_at, sequence)
        + coalesce(in_flight.count, 0) as place,
      case when route_health.failures >= private.breaker_threshold() then 1 else per_route end as places
    from public.dispatches
    join public.routes on routes.id = dispatches.route_id and routes.enabled
    join public.strategies on strategies.id = dispatches.strategy_id and strategies.status = 'active'
    left join private.route_health on route_health.route_id = dispatches.route_id
    left join in_flight on in_flight.route_id = dispatches.route_id
    where dispatches.status = 'pending'
      and dispatches.next_attempt_at <= claimable_dispatches.at
      and (dispatches.leased_until is null or dispatches.leased_until <= claimable_dispatches.at)
      and (route_health.paused_until is null or route_health.paused_until <= claimable_dispatches.at)
      -- One unsettled dispatch at a time in a lane: an older one, due or not, goes first.
      and not exists (
        select from public.dispatches as other
        where other.route_id = dispatches.route_id and other.strategy_id = dispatches.strategy_id
          and other.symbol = dispatches.symbol and other.status = 'pending'
          -- Sequence numbers are assigned before commit: a younger one may be in flight already.
          and (other.sequence < dispatches.sequence or other.leased_until > claimable_dispatches.at))
  )
  select id from heads where place <= places order by is_exit desc, next_attempt_at limit quantity;
$$;

comment on function private.claimable_dispatches(integer, integer, timestamptz) is
  'Returns the dispatches that may be delivered now: due, first in their lane, on a route that is neither paused nor '
  'full. Exits come first.';

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

create function public.claim_dispatches(
  quantity integer, per_route integer default null, lease_seconds integer default 15)
returns jsonb
language plpgsql
volatile
security definer -- reads the routes' secrets
set search_path = ''
as $$
declare
  at constant timestamptz := clock_timestamp();
  claimed jsonb;
begin
  perform private.expire_dispatches();
  perform private.cancel_overtaken(at);

  with leased as (
    update public.dispatches set
      leased_until = at + make_interval(secs => claim_dispatches.lease_seconds),
      fence = fence + 1
    where id = any (array(
      select id from public.dispatches
      where id = any (array(select private.claimable_dispatches(
          claim_dispatches.quantity, coalesce(claim_dispatches.per_route, private.max_per_route()), at)))
        and status = 'pending' and (leased_until is null or leased_until <= at)
      for update skip locked))
    returning *
  )
  select jsonb_agg(jsonb_build_object(
    'id', leased.id,
    'fence', leased.fence,
    'kind', routes.kind,
    'target', routes.target,
    'secret', private.route_secret(routes.id),
    'send_secret_key', routes.send_secret_key,
    'correlation_id', signals.correlation_id,
    'message', private.signal_message(signals, strategies.slug, leased.expires_at, leased.replay_id)))
  into claimed
  from leased
  join public.routes on routes.id = leased.route_id
  join public.signals on signals.id = leased.signal_id
  join public.strategies on strategies.id = leased.strategy_id;

  return coalesce(claimed, '[]');
end;
$$;

comment on function public.claim_dispatches(integer, integer, integer) is
  'Leases due dispatches to a worker: [{id, fence, kind, target, secret, send_secret_key, correlation_id, message}]. '
  'Settle them before the lease ends.';

revoke execute on function
  private.expire_dispatches(), private.cancel_overtaken(timestamptz),
  private.claimable_dispatches(integer, integer, timestamptz), private.max_per_route(),
  public.claim_dispatches(integer, integer, integer)
from public, anon, authenticated, service_role;
grant execute on function public.claim_dispatches(integer, integer, integer) to service_role;
