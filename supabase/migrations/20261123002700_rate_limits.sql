-- Rate limits count accepted signals of the last 60 seconds by index: a counter row would be locked by every alert of a
-- busy strategy.

create function private.limit_left(strategy public.strategies, endpoint text)
returns bigint
language sql
stable
set search_path = ''
as $$
  -- Not clock_timestamp(): only a stable bound can use the index.
  select least(
    strategy.rate_limit_per_minute - (
      select count(*) from public.signals
      where signals.strategy_id = strategy.id and accepted_at > now() - interval '1 minute'),
    case when limit_left.endpoint = 'universal' then settings.universal_rate_limit_per_minute - (
      select count(*) from public.signals
      where signals.endpoint = 'universal' and accepted_at > now() - interval '1 minute') end)
  from public.router_settings as settings;
$$;

comment on function private.limit_left(public.strategies, text) is
  'Returns how many more signals the limits of the strategy and of the universal endpoint allow now; null: no limit.';

create function private.lock_limits(alerts jsonb)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  near uuid;
begin
  -- A strategy far from its limit is not locked: concurrent batches cannot reach the limit.
  for near in
    select strategies.id
    from (
      select strategy_id, max(endpoint) as endpoint
      from jsonb_to_recordset(lock_limits.alerts) as alert (strategy_id uuid, endpoint text)
      group by strategy_id) as meant
    join public.strategies on strategies.id = meant.strategy_id
    where private.limit_left(strategies, meant.endpoint) < 100 * jsonb_array_length(lock_limits.alerts)
    order by 1
  loop
    perform private.lock_limit(near);
  end loop;
end;
$$;

comment on function private.lock_limits(jsonb) is
  'Locks the strategies of a batch that are near their limit, so that their signals are counted one batch at a time.';

create function private.lock_limit(strategy_id uuid)
returns void
language sql
volatile
set search_path = ''
as $$
  -- The universal limit is shared by all strategies: its lock comes first, everywhere.
  select pg_advisory_xact_lock(hashtextextended('limit:universal', 0))
  from public.router_settings where universal_rate_limit_per_minute is not null;
  select pg_advisory_xact_lock(hashtextextended('limit:' || lock_limit.strategy_id, 0));
$$;

comment on function private.lock_limit(uuid) is 'Locks the limit of a strategy until the transaction ends.';

create function private.admit(strategy public.strategies, endpoint text)
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  max_held constant integer := 1000;
  held bigint;
begin
  if strategy.status = 'paused' then
    return 'suppressed';
  end if;
  held := (
    select count(*) from (
      select from public.signals where strategy_id = strategy.id and status = 'held' limit max_held) as waiting);
  -- While signals are held, new ones are held behind them.
  if held = 0 and coalesce(private.limit_left(strategy, endpoint) > 0, true) then
    return 'accepted';
  elsif strategy.over_limit = 'reject' then
    return 'limited';
  elsif held >= max_held then
    perform private.open_incident('hold_full', strategy.id, '', jsonb_build_object('held', held));
    return 'limited';
  end if;
  perform private.open_incident('rate_limited', strategy.id, '', jsonb_build_object('held', held + 1));
  return 'held';
end;
$$;

comment on function private.admit(public.strategies, text) is
  'Decides on a new signal: accepted, held (over the limit), suppressed (paused), or limited (refused).';

create function private.release_held(strategy public.strategies)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  signal public.signals;
  chosen public.routes[];
begin
  perform private.lock_limit(strategy.id);
  loop
    -- Exits first, then in order of arrival.
    select * into signal from public.signals
    where strategy_id = strategy.id and status = 'held'
    order by private.is_exit(action, direction) desc, received_at
    limit 1
    for update skip locked;
    exit when not found or private.limit_left(strategy, signal.endpoint) <= 0;

    if private.is_exit(signal.action, signal.direction) then
      update public.signals set status = 'suppressed'
      where strategy_id = strategy.id and status = 'held' and received_at < signal.received_at
        and symbol is not distinct from signal.symbol and private.is_entry(action, direction);
    end if;
    signal.status := 'accepted';
    signal.accepted_at := clock_timestamp();
    chosen := private.skip_missing_queues(private.routes_for(signal), strategy.id);
    update public.signals set
      status = signal.status, accepted_at = signal.accepted_at,
      routes = array(select private.route_label(route) from unnest(chosen) as route)
    where id = signal.id;
    perform private.send_signal(signal, chosen, strategy.slug, signal.expires_at);
  end loop;
end;
$$;

comment on function private.release_held(public.strategies) is
  'Sends on as many of a strategy''s held signals as its limit allows.';

create function private.release_all_held()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  late record;
begin
  for late in
    with expired as (
      update public.signals set status = 'expired'
      where status = 'held' and expires_at <= clock_timestamp()
      returning strategy_id, id
    )
    select strategy_id, array_agg(id) as signal_ids from expired group by strategy_id
  loop
    perform private.expire_signals(late.strategy_id, late.signal_ids);
  end loop;

  perform private.release_held(strategies)
  from public.strategies
  where status = 'active' and exists (
    select from public.signals where strategy_id = strategies.id and signals.status = 'held')
  order by strategies.id;
end;
$$;

comment on function private.release_all_held() is
  'Expires signals that were held for too long and releases as many as the limits allow; run every 5 seconds by cron.';

revoke execute on function
  private.limit_left(public.strategies, text), private.lock_limits(jsonb), private.lock_limit(uuid),
  private.admit(public.strategies, text), private.release_held(public.strategies), private.release_all_held()
from public, anon, authenticated, service_role;
