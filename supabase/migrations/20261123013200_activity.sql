-- Counts by time, for plots. Made where the rows are, since a day may have a million of them.

create function private.count_requests(step interval, from_time timestamptz)
returns table (at timestamptz, strategy_id uuid, outcome text, count bigint)
language sql
stable
set search_path = ''
set jit = off
as $$
  select date_bin(step, received_at, from_time), strategy_id, outcome, count(*)
  from public.webhook_requests where received_at >= count_requests.from_time
  group by 1, 2, 3
  union all
  -- Too many to be kept one by one.
  select date_bin(step, bucket_start, from_time), strategy_id, outcome, sum(count)::bigint
  from public.webhook_overflow where bucket_start >= count_requests.from_time
  group by 1, 2, 3
  union all
  select date_bin(step, bucket_start, from_time), strategy_id, 'unauthenticated', sum(count)::bigint
  from public.auth_failures where bucket_start >= count_requests.from_time
  group by 1, 2;
$$;

comment on function private.count_requests(interval, timestamptz) is
  'Counts the requests from a time on by step, strategy and outcome, those that failed authentication too.';

create function private.count_deliveries(step interval, from_time timestamptz)
returns table (at timestamptz, route text, outcome text, count bigint)
language sql
stable
set search_path = ''
set jit = off
as $$
  select at, private.route_label(
    case when target ~ '^https?://' then 'http' else 'function' end::public.route_kind, target), outcome, count
  from (
    select date_bin(step, created_at, from_time) as at, target, status as outcome, count(*) as count
    from public.dispatches where created_at >= count_deliveries.from_time
    group by 1, 2, 3) as dispatched
  union all
  select date_bin(step, settled_at, from_time), 'queue:' || queue, outcome, count(*)
  from public.queue_outcomes where settled_at >= count_deliveries.from_time
  group by 1, queue, 3;
$$;

comment on function private.count_deliveries(interval, timestamptz) is
  'Counts what was sent to functions and URLs from a time on, and what left the queues, by step, route and outcome.';

create function private.stored_latencies(step interval, from_time timestamptz)
returns table (at timestamptz, count bigint, p50 double precision, p95 double precision, p99 double precision)
language sql
stable
set search_path = ''
set jit = off
as $$
  select at, count, percentiles[1], percentiles[2], percentiles[3]
  from (
    select date_bin(step, received_at, from_time) as at, count(*) as count,
      percentile_cont('{0.5,0.95,0.99}'::double precision[]) within group (order by duration_ms::double precision)
        as percentiles
    from public.webhook_requests where received_at >= stored_latencies.from_time
    group by 1) as timed;
$$;

comment on function private.stored_latencies(interval, timestamptz) is
  'Returns percentiles by step of the milliseconds from arrival to recorded.';

create function public.read_activity(minutes integer default 60)
returns jsonb
language sql
stable
security definer -- reads names of routes
set search_path = ''
as $$
  with steps as (
    select make_interval(mins => greatest(minutes / 60, 1)) as step
  ),
  span as (
    select step, date_bin(step, now(), 'epoch') - step * 59 as starts_at from steps
  )
  select jsonb_build_object(
    'step_seconds', extract(epoch from step)::integer,
    'starts_at', starts_at,
    'requests', (
      select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
      from (
        select at, outcome, sum(count) as count from private.count_requests(step, starts_at) group by at, outcome
      ) as counted),
    'deliveries', (
      select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
      from (
        select at, route, outcome, sum(count) as count from private.count_deliveries(step, starts_at)
        group by at, route, outcome) as counted),
    'stored_ms', (
      select coalesce(jsonb_agg(to_jsonb(timed) order by at), '[]')
      from private.stored_latencies(step, starts_at) as timed),
    'incidents', (
      select jsonb_agg(jsonb_build_object('at', at, 'open', open) order by at)
      from generate_series(0, 59) as place, lateral (select starts_at + step * place) as bucket (at),
        lateral (
          select count(*) as open from public.incidents
          where opened_at < at + step and coalesce(resolved_at, 'infinity') >= at) as counted))
  from span;
$$;

comment on function public.read_activity(integer) is
  'Returns the last minutes in 60 steps: requests by outcome, deliveries by route and outcome, percentiles of the time '
  'to store, incidents that were not resolved; for plots.';

create function public.read_day()
returns jsonb
language sql
stable
security definer -- joins the strategies' names
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'strategy', slug, 'hour', extract(epoch from at - day.starts_at)::integer / 3600, 'outcome', outcome,
    'count', count)), '[]')
  from (select now() - interval '24 hours' as starts_at) as day,
    lateral private.count_requests(interval '1 hour', day.starts_at + interval '1 microsecond') as counted
    join public.strategies on strategies.id = counted.strategy_id;
$$;

comment on function public.read_day() is
  'Counts the requests of the last 24 hours by strategy, hour (23: the last one) and outcome.';

revoke execute on function
  private.count_requests(interval, timestamptz), private.count_deliveries(interval, timestamptz),
  private.stored_latencies(interval, timestamptz), public.read_activity(integer), public.read_day()
from public, anon, authenticated, service_role;
grant execute on function public.read_activity(integer), public.read_day() to service_role;
