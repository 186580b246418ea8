-- The state of the router on one page: for who operates it by hand.

create function private.percentiles(durations double precision[])
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'count', count(ms),
    'p50', percentile_cont(0.5) within group (order by ms),
    'p95', percentile_cont(0.95) within group (order by ms),
    'p99', percentile_cont(0.99) within group (order by ms))
  from unnest(percentiles.durations) as ms;
$$;

comment on function private.percentiles(double precision[]) is
  'Returns {count, p50, p95, p99} of durations in milliseconds.';

create function private.latest_latencies()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'stored', private.percentiles(array(
      select duration_ms::double precision from public.webhook_requests
      where received_at > now() - interval '1 hour' order by received_at desc limit 1000)),
    'delivered', private.percentiles(array(
      select extract(epoch from delivered_at - created_at)::double precision * 1000 from public.dispatches
      where created_at > now() - interval '1 hour' and delivered_at is not null order by created_at desc limit 1000)));
$$;

comment on function private.latest_latencies() is
  'Returns percentiles of the last hour, at most of its last 1000: of requests from arrival to recorded, of dispatches '
  'from stored to delivered.';

create function private.route_states(strategy public.strategies)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', routes.id, 'kind', kind, 'label', private.route_label(kind, target), 'enabled', enabled,
    'failures', coalesce(failures, 0), 'paused_until', paused_until,
    'waiting', waits.count, 'oldest_at', waits.oldest_at, 'leased', waits.leased,
    'last_claimed_at', claims.last_claimed_at) order by kind, target), '[]')
  from public.routes
  left join private.route_health on route_id = routes.id
  left join private.queue_workers as claims on kind = 'queue' and claims.queue = target
  cross join lateral (
    select count(*), count(*) filter (where is_leased) as leased, min(at) as oldest_at
    from (
      select is_leased, received_at as at
      from private.waiting_messages
      join public.signals on signals.id = waiting_messages.signal_id
      where kind = 'queue' and queue = target and waiting_messages.strategy_id = strategy.id
      union all
      select leased_until > now(), dispatches.created_at
      from public.dispatches
      where kind <> 'queue' and dispatches.route_id = routes.id and dispatches.status = 'pending'
        and dispatches.strategy_id = strategy.id) as waiting) as waits
  where routes.strategy_id = strategy.id or routes.strategy_id is null and strategy.shared_routes;
$$;

comment on function private.route_states(public.strategies) is
  'Returns the routes of a strategy with their health and what waits on them, without targets.';

create function private.overview_of(strategy public.strategies)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'slug', strategy.slug, 'name', strategy.name, 'status', strategy.status,
    'routes', private.route_states(strategy),
    'secrets', private.describe_secrets(strategy.id),
    'last_alert_at', (
      select received_at from public.webhook_requests
      where strategy_id = strategy.id order by received_at desc limit 1),
    'last_signal', (
      select jsonb_build_object(
        'received_at', received_at, 'action', action, 'intent', intent, 'symbol', symbol, 'is_test', is_test)
      from public.signals where strategy_id = strategy.id order by received_at desc limit 1),
    'workers', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'name', name, 'last_seen_at', last_seen_at, 'version', version) order by last_seen_at desc nulls last), '[]')
      from public.workers
      left join private.worker_presence on worker_id = workers.id
      where queues && array(
        select target from public.routes where kind = 'queue' and routes.strategy_id = strategy.id)));
$$;

comment on function private.overview_of(public.strategies) is
  'Returns the state of a strategy, as read_overview shows it.';

create function public.read_overview()
returns jsonb
language sql
stable
security definer -- shows which secrets are live
set search_path = ''
as $$
  select jsonb_build_object(
    'now', clock_timestamp(), 'phase', phase, 'mode', mode,
    'last_alert_at', (select max(received_at) from public.webhook_requests),
    'latency_ms', private.latest_latencies(),
    'watches', public.read_watches(),
    'universal_secrets', private.describe_secrets(null),
    'incidents', public.list_incidents(),
    'strategies', (
      select coalesce(jsonb_agg(private.overview_of(strategies) order by lower(name)), '[]')
      from public.strategies where status <> 'archived'))
  from public.router_settings;
$$;

comment on function public.read_overview() is
  'Returns the state of the router and of each strategy in use, without secrets and targets, for the console.';

revoke execute on function
  private.percentiles(double precision[]), private.latest_latencies(), private.route_states(public.strategies),
  private.overview_of(public.strategies), public.read_overview()
from public, anon, authenticated, service_role;
grant execute on function public.read_overview() to service_role;
