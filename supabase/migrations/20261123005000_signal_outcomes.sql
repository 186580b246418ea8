create view public.signal_outcomes
with (security_invoker = true)
as
-- Functions and URLs
select
  dispatches.signal_id, dispatches.strategy_id,
  case
    when dispatches.target ~ '^https?://' then 'http:' || substring(dispatches.target from '^https?://([^/:?#]+)')
    else 'function:' || dispatches.target end as route,
  case dispatches.status when 'pending' then 'waiting' else dispatches.status end as outcome,
  coalesce(dispatches.delivered_at, tried.at) as at,
  dispatches.cancelled_by, dispatches.attempts as tries, null::text as worker,
  coalesce(dispatches.reason, tried.error) as error, null::jsonb as result,
  dispatches.replay_id
from public.dispatches
left join lateral (
  select started_at + make_interval(secs => duration_ms::float8 / 1000) as at, error
  from public.dispatch_attempts
  where dispatch_id = dispatches.id and dispatches.attempts > 0 and started_at >= dispatches.created_at
  order by attempt desc limit 1) as tried on true
union all
-- Queues: settled
select
  signal_id, strategy_id, 'queue:' || queue, case outcome when 'completed' then 'executed' else outcome end, settled_at,
  cancelled_by, reads, worker, error, result, null
from public.queue_outcomes
union all
-- Queues: not settled
select
  signals.id, signals.strategy_id, label,
  case when signals.expires_at > now() - interval '1 hour' then 'waiting' else 'unknown' end, null, null, null, null,
  null, null, null
from public.signals, unnest(signals.routes) as label
where label like 'queue:%' and not exists (
  select from public.queue_outcomes
  where queue_outcomes.signal_id = signals.id and queue_outcomes.queue = substr(label, 7))
union all
-- Sent on no route
select
  signals.id, signals.strategy_id, null,
  case when cancelled_by is not null then 'cancelled' when status = 'accepted' then 'no_route' else status end,
  null, cancelled_by, null, null, null, null, null
from public.signals
where routes = '{}' and not is_test;

comment on view public.signal_outcomes is
  'What became of each signal on each route: waiting, delivered (a target took it), executed (a worker completed it, '
  'with this result), rejected (a worker cannot execute it), cancelled (by the close cancelled_by, or because nothing '
  'may be opened), expired, dead; unknown: a queue''s message that an operator removed. Without a route: held, '
  'suppressed, expired, cancelled, no_route.';

create function public.list_signals(strategy text default null, quantity integer default 20)
returns jsonb
language sql
stable
security definer -- joins the strategies' names
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(shown) order by received_at desc), '[]')
  from (
    select signals.id, received_at, strategies.name as strategy, signals.status, action, direction, intent, exchange,
      symbol, quantity, price, confidence, is_test, signals.routes, (
        select coalesce(jsonb_agg(to_jsonb(one) - array['signal_id', 'strategy_id'] order by route), '[]')
        from public.signal_outcomes as one where one.signal_id = signals.id) as outcomes
    from public.signals
    join public.strategies on strategies.id = signals.strategy_id
    where list_signals.strategy is null
      or signals.strategy_id = (private.strategy_called(list_signals.strategy)).id
    order by received_at desc
    limit least(list_signals.quantity, 500)) as shown;
$$;

comment on function public.list_signals(text, integer) is
  'Returns the latest signals, of one strategy or of all, each with what became of it on its routes.';

revoke all on public.signal_outcomes from public, anon, authenticated, service_role;
grant select on public.signal_outcomes to service_role;

revoke execute on function public.list_signals(text, integer) from public, anon, authenticated, service_role;
grant execute on function public.list_signals(text, integer) to service_role;
