-- Steps that cron commits one by one, so that no lock of a limit is held for long: ingest does not wait for it.

create function private.expire_held(quantity integer default 500)
returns boolean
language plpgsql
volatile
set search_path = ''
as $$
declare
  expired_ids constant uuid[] := array(
    select id from public.signals
    where status = 'held' and expires_at <= clock_timestamp()
    limit expire_held.quantity
    for update skip locked);
begin
  update public.signals set status = 'expired' where id = any (expired_ids);

  perform private.expire_signals(strategy_id, array_agg(id order by id))
  from public.signals where id = any (expired_ids)
  group by strategy_id;
  return cardinality(expired_ids) = expire_held.quantity;
end;
$$;

comment on function private.expire_held(integer) is
  'Expires signals that were held for too long, at most so many; returns whether there may be more.';

create function private.end_held_entries(strategy_id uuid)
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  update public.signals set status = 'suppressed'
  where signals.strategy_id = end_held_entries.strategy_id and status = 'held'
    and private.is_suppressed('exits_only', action, private.lane_role(action, intent));
end;
$$;

comment on function private.end_held_entries(uuid) is
  'Ends the held signals of a strategy that only lets exits through; reversals wait on, and close only.';

create function private.release_held(strategy_id uuid)
returns boolean
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  max_released constant integer := 100;
  strategy public.strategies;
  only_exits boolean;
  free bigint;
  free_universal bigint;
  chosen uuid[];
  signal public.signals;
  released public.signals[] := '{}';
begin
  perform private.lock_limit(release_held.strategy_id);
  select * into strategy from public.strategies
  where id = release_held.strategy_id and private.effective_status(id) in ('active', 'exits_only');
  only_exits := private.effective_status(strategy.id) = 'exits_only';
  if only_exits then
    perform private.end_held_entries(strategy.id);
  end if;
  -- Counted once, and not before it is locked.
  free := coalesce(private.strategy_limit_left(strategy.id, strategy.rate_limit_per_minute), max_released);
  free_universal := greatest(coalesce(private.universal_limit_left(), max_released), 0);

  chosen := array(
    select id from (
      select id, row_number() over arrival as place,
        count(*) filter (where endpoint = 'universal') over arrival as universal_place
      from public.signals
      where strategy_id = strategy.id and status = 'held' and expires_at > clock_timestamp()
      window arrival as (order by received_at, id)) as waiting
    where place <= least(free, max_released) and universal_place <= free_universal);
  for signal in
    select * from public.signals where id = any (chosen) and status = 'held'
    order by received_at, id
    for update skip locked
  loop
    if only_exits then
      signal := private.reduce_reversal(signal.id);
    end if;
    signal.status := 'accepted';
    signal.accepted_at := clock_timestamp();
    released := released || signal;
  end loop;
  if released = '{}' then
    return false;
  end if;

  with labels as materialized (
    select * from private.send_signals(released)
  )
  update public.signals set
    status = sent.status, accepted_at = sent.accepted_at, routes = coalesce(labels.routes, '{}')
  from unnest(released) as sent
  left join labels on labels.signal_id = sent.id
  where signals.id = sent.id;
  return cardinality(released) = max_released;
end;
$$;

comment on function private.release_held(uuid) is
  'Sends on a strategy''s held signals as its limits allow, in order of arrival, at most 100; returns whether there '
  'may be more to do.';

create function private.strategies_with_held()
returns setof uuid
language sql
stable
set search_path = ''
as $$
  select id from public.strategies
  where private.effective_status(id) in ('active', 'exits_only') and exists (
    select from public.signals where strategy_id = strategies.id and signals.status = 'held')
  order by id;
$$;

comment on function private.strategies_with_held() is
  'Returns the strategies that have held signals and are not paused.';

revoke execute on function
  private.expire_held(integer), private.end_held_entries(uuid), private.release_held(uuid),
  private.strategies_with_held()
from public, anon, authenticated, service_role;
