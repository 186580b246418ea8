create function private.watch_auth_failures()
returns void
language sql
volatile
set search_path = ''
as $$
  select private.open_incident('auth_failures', strategy_id, '', jsonb_build_object(
    'failures', failures, 'reasons', reasons,
    'meaning', case when rotated then 'A sender still uses a secret that was rotated: give it the new URL'
      else 'Someone is guessing, or a sender has a wrong URL' end), failures, is_measure => true)
  from (
    select auth_failures.strategy_id, sum(count)::bigint as failures, bool_or(reason = 'rotated_secret') as rotated,
      jsonb_agg(distinct reason) as reasons
    from public.auth_failures
    where bucket_start > now() - interval '5 minutes'
    group by auth_failures.strategy_id) as recent
  left join public.strategies on strategies.id = recent.strategy_id
  where failures >= private.threshold('auth_failures', strategies);
$$;

comment on function private.watch_auth_failures() is
  'auth_failures: too many in 5 minutes for a strategy, or for unknown strategies.';

-- The only requests that the watch reads, in the order in which they were recorded.
create index webhook_requests_refused on public.webhook_requests (recorded_in)
  where outcome in ('invalid', 'refused') and code <> 'rate_limited';

create function private.watch_refusals(pass private.monitor_pass)
returns void
language sql
volatile
set search_path = ''
set enable_seqscan = off -- whatever the statistics say: the rows of a minute are few, and an index finds them
set jit = off
set max_parallel_workers_per_gather = 0
as $$
  select private.open_incident(kind, strategy_id, subject, details, alerts)
  from (
    select
      case code when 'wrong_endpoint' then 'wrong_endpoint' else 'alert_refused' end as kind,
      strategy_id,
      case code when 'wrong_endpoint' then endpoint else code end as subject,
      count(*) as alerts,
      jsonb_strip_nulls(jsonb_build_object(
        'code', code,
        'path', min(problem #>> '{errors,0,path}'),
        'detail', min(problem ->> 'detail'),
        'excerpt', left(min(encode(raw_body, 'escape')), 200))) as details
    from public.webhook_requests
    where outcome in ('invalid', 'refused') and code <> 'rate_limited'
      and recorded_in >= pg_snapshot_xmin((watch_refusals.pass).seen)
      and private.is_new(recorded_in, watch_refusals.pass)
      and received_at > private.earliest(watch_refusals.pass)
    group by 1, strategy_id, 3, code) as refused
  -- A single alert on a closed endpoint may be a straggler.
  where kind <> 'wrong_endpoint' or alerts > 1
    or exists (
      select from public.incidents
      where incidents.kind = 'wrong_endpoint' and incidents.strategy_id = refused.strategy_id and status <> 'resolved');
$$;

comment on function private.watch_refusals(private.monitor_pass) is
  'alert_refused: an authenticated alert got a 4xx response, the most common silent loss · wrong_endpoint: alerts '
  'keep coming to an endpoint that is closed for their strategy.';

create function private.watch_storms()
returns void
language sql
volatile
set search_path = ''
set enable_seqscan = off -- see watch_refusals
set jit = off
set max_parallel_workers_per_gather = 0
as $$
  select private.open_incident('alert_storm', strategy_id, coalesce(symbol, ''), jsonb_build_object(
    'symbol', symbol, 'timeframe', timeframe, 'signals_in_3_minutes', signals,
    'meaning', 'TradingView stops an alert that fires more than 15 times in 3 minutes'), signals, is_measure => true)
  from (
    select strategy_id, symbol, timeframe, count(*) as signals
    from public.signals
    where received_at > now() - interval '3 minutes'
    group by strategy_id, symbol, timeframe) as recent
  join (
    select id, private.threshold('alert_storm', strategies) as threshold from public.strategies offset 0
  ) as limits on limits.id = recent.strategy_id
  where signals >= threshold;
$$;

comment on function private.watch_storms() is
  'alert_storm: one alert (strategy, symbol, timeframe) fires so often that TradingView may stop it.';

create function private.watch_silence()
returns void
language sql
volatile
set search_path = ''
as $$
  select private.open_incident('silent_strategy', strategies.id, '', jsonb_build_object(
    'last_signal', last.received_at, 'expected_every', strategies.expected_every),
    floor(extract(epoch from now() - coalesce(last.received_at, strategies.updated_at))
      / extract(epoch from strategies.expected_every))::bigint, is_measure => true)
  from public.strategies
  left join lateral (
    select received_at from public.signals where strategy_id = strategies.id order by received_at desc limit 1
  ) as last on true
  where status = 'active' and coalesce(last.received_at, strategies.updated_at) < now() - strategies.expected_every;
$$;

comment on function private.watch_silence() is 'silent_strategy: no signal for longer than expected_every.';

create function private.overdue_dispatches()
returns table (strategy_id uuid, dispatches bigint, oldest timestamptz)
language sql
stable
set search_path = ''
as $$
  select dispatches.strategy_id, count(*), min(dispatches.next_attempt_at)
  from public.dispatches
  join public.strategies on strategies.id = dispatches.strategy_id and strategies.status = 'active'
  join public.routes on routes.id = dispatches.route_id and routes.enabled
  where dispatches.status = 'pending' and dispatches.next_attempt_at <= now()
  group by dispatches.strategy_id;
$$;

comment on function private.overdue_dispatches() is
  'Counts the due dispatches of each strategy. What waits for a paused strategy or a disabled route is not due.';

create function private.watch_backlog()
returns void
language sql
volatile
set search_path = ''
as $$
  select private.open_incident('backlog', strategy_id, '', jsonb_build_object(
    'dispatches', dispatches, 'oldest', oldest), dispatches, is_measure => true)
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
  private.watch_auth_failures(), private.watch_refusals(private.monitor_pass), private.watch_storms(),
  private.watch_silence(), private.overdue_dispatches(), private.watch_backlog(), private.watch_old_secrets()
from public, anon, authenticated, service_role;
