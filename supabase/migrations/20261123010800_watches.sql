create function private.watch_storms()
returns void
language sql
volatile
set search_path = ''
set enable_seqscan = off -- whatever the statistics say: an index finds the few rows of the last minutes
set jit = off
set max_parallel_workers_per_gather = 0
as $$
  select private.open_incident('alert_storm', strategy_id, coalesce(symbol, ''), (
      select private.evidence(correlation_id, received_at, payload::text) from public.signals as one
      where one.strategy_id = recent.strategy_id and one.received_at = newest
        and one.symbol is not distinct from recent.symbol and one.timeframe is not distinct from recent.timeframe
      limit 1)
    || jsonb_build_object(
      'symbol', symbol, 'timeframe', timeframe, 'signals_in_3_minutes', signals,
      'meaning', 'TradingView stops an alert that fires more than 15 times in 3 minutes'), signals, is_measure => true)
  from (
    select strategy_id, symbol, timeframe, count(*) as signals, max(received_at) as newest
    from public.signals
    where received_at > now() - interval '3 minutes'
    group by strategy_id, symbol, timeframe) as recent
  join (
    select id, private.threshold('alert_storm', strategies) as threshold from public.strategies offset 0
  ) as limits on limits.id = recent.strategy_id
  where signals >= threshold
  order by newest;
$$;

comment on function private.watch_storms() is
  'alert_storm: one alert (strategy, symbol, timeframe) fires so often that TradingView may stop it.';

create function private.sending_strategies()
returns setof uuid
language sql
stable
set search_path = ''
as $$
  select id from public.strategies, public.router_settings
  where private.narrowed_status(status, mode) in ('active', 'exits_only');
$$;

comment on function private.sending_strategies() is
  'Returns the strategies whose signals are sent: neither they nor the router are paused.';

create function private.overdue_dispatches()
returns table (strategy_id uuid, dispatches bigint, oldest timestamptz)
language sql
stable
set search_path = ''
as $$
  select dispatches.strategy_id, count(*), min(dispatches.next_attempt_at)
  from public.dispatches
  join private.sending_strategies() as sending (strategy_id) on sending.strategy_id = dispatches.strategy_id
  join public.routes on routes.id = dispatches.route_id and routes.enabled
  where dispatches.status = 'pending' and dispatches.next_attempt_at <= now()
  group by dispatches.strategy_id;
$$;

comment on function private.overdue_dispatches() is
  'Counts the due dispatches of each strategy. What waits for a paused strategy or a disabled route is not due.';

create function private.most_overdue(strategy_id uuid)
returns uuid
language sql
stable
set search_path = ''
set enable_sort = off -- whatever the statistics say: an index has them in order
as $$
  select signal_id from (
    select first.* from public.routes, unnest('{t,f}'::boolean[]) as exits (are_exits),
      lateral (
        select signal_id, next_attempt_at from public.dispatches
        where dispatches.route_id = routes.id and is_exit = are_exits and status = 'pending'
          and dispatches.strategy_id = most_overdue.strategy_id
        order by next_attempt_at
        limit 1) as first
    where enabled and (routes.strategy_id = most_overdue.strategy_id or routes.strategy_id is null)) as of_routes
  order by next_attempt_at
  limit 1;
$$;

comment on function private.most_overdue(uuid) is 'Returns the signal whose dispatch has been due for longest.';

create function private.watch_backlog()
returns void
language sql
volatile
set search_path = ''
as $$
  select private.open_incident('backlog', strategy_id, '',
    private.newest_evidence(array[private.most_overdue(strategy_id)]) || jsonb_build_object(
      'dispatches', dispatches, 'oldest', oldest, 'meaning', 'Dispatches have been due for too long'),
    dispatches, is_measure => true)
  from private.overdue_dispatches()
  where oldest < now() - (select backlog_threshold from public.router_settings);
$$;

comment on function private.watch_backlog() is 'backlog: dispatches have been due for too long.';

create function private.watch_old_secrets()
returns void
language sql
volatile
set search_path = ''
as $$
  select private.open_incident('old_secret_in_use', strategy_id, mask, jsonb_build_object(
    'last_used_at', last_used_at, 'expires_at', expires_at,
    'meaning', 'A sender still uses the previous secret: give it the new URL before the overlap ends'),
    is_measure => true)
  from private.secrets
  join private.secret_uses on secret_uses.secret_id = secrets.id
  where expires_at between now() and now() + interval '6 hours' and last_used_at > now() - interval '1 hour';
$$;

comment on function private.watch_old_secrets() is
  'old_secret_in_use: an overlap ends soon, which would cut off a sender.';

revoke execute on function
  private.watch_storms(), private.sending_strategies(), private.overdue_dispatches(), private.most_overdue(uuid),
  private.watch_backlog(),
  private.watch_old_secrets()
from public, anon, authenticated, service_role;
