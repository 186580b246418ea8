-- What happened when: for plots.

create function private.seen_between(from_time timestamptz, to_time timestamptz)
returns table (
  at timestamptz, series text, strategy_id uuid, outcome text, route text, count bigint, ms double precision)
language sql
stable
set search_path = ''
as $$
  select received_at, 'requests', strategy_id, outcome, null::text, 1::bigint, duration_ms::double precision
  from public.webhook_requests
  where received_at >= seen_between.from_time and received_at < seen_between.to_time
  union all
  -- Too many to be kept one by one.
  select bucket_start, 'requests', strategy_id, outcome, null, count, null
  from public.webhook_overflow
  where bucket_start >= seen_between.from_time and bucket_start < seen_between.to_time
  union all
  select bucket_start, 'requests', strategy_id, 'unauthenticated', null, count, null
  from public.auth_failures
  where bucket_start >= seen_between.from_time and bucket_start < seen_between.to_time
  union all
  select created_at, 'deliveries', strategy_id, status,
    private.route_label(case when target ~ '^https?://' then 'http' else 'function' end::public.route_kind, target),
    1, extract(epoch from delivered_at - created_at)::double precision * 1000
  from public.dispatches
  where created_at >= seen_between.from_time and created_at < seen_between.to_time
  union all
  select settled_at, 'deliveries', strategy_id, outcome, 'queue:' || queue, 1, null
  from public.queue_outcomes
  where settled_at >= seen_between.from_time and settled_at < seen_between.to_time;
$$;

comment on function private.seen_between(timestamptz, timestamptz) is
  'Returns the requests and deliveries of a time, or their counts, with how long each took.';

create function public.read_activity(minutes integer default 60)
returns jsonb
language sql
stable
security definer -- reads names of routes
set search_path = ''
set jit = off
as $$
  with span as (
    select step, date_bin(step, now(), 'epoch') - step * 59 as starts_at
    from (select make_interval(mins => greatest(minutes / 60, 1)) as step) as steps
  ),
  seen as (
    select date_bin(step, at, 'epoch') as at, series, outcome, route, count, ms
    from span, lateral private.seen_between(starts_at, 'infinity')
  )
  select jsonb_build_object(
    'step_seconds', (select extract(epoch from step) from span),
    'starts_at', (select starts_at from span),
    'counts', (
      select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
      from (
        select at, series, outcome, route, sum(count) as count from seen group by at, series, outcome, route
      ) as counted),
    'latencies', (
      select coalesce(jsonb_agg(jsonb_build_object('at', at, 'series', series)
        || private.percentiles(durations)), '[]')
      from (
        select at, series, array_agg(ms) as durations from seen where ms is not null group by at, series) as timed),
    'incidents', (
      select coalesce(jsonb_agg(jsonb_build_object('at', at, 'open', open) order by at), '[]')
      from span, generate_series(0, 59) as place, lateral (select starts_at + step * place) as bucket (at),
        lateral (
          select count(*) as open from public.incidents
          where opened_at < at + step and coalesce(resolved_at, 'infinity') >= at) as counted));
$$;

comment on function public.read_activity(integer) is
  'Returns the last minutes in 60 steps: counts by outcome and route, latencies, open incidents; for plots.';

create function public.read_day()
returns jsonb
language sql
stable
security definer -- joins the strategies' names
set search_path = ''
set jit = off
as $$
  select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
  from (
    select slug as strategy, 23 - extract(epoch from now() - at)::integer / 3600 as hour, outcome, sum(count) as count
    from private.seen_between(now() - interval '24 hours' + interval '1 second', 'infinity') as seen
    join public.strategies on strategies.id = strategy_id
    where series = 'requests'
    group by 1, 2, 3) as counted;
$$;

comment on function public.read_day() is
  'Counts the requests of the last 24 hours by strategy, hour (23: the last one) and outcome.';

revoke execute on function
  private.seen_between(timestamptz, timestamptz), public.read_activity(integer), public.read_day()
from public, anon, authenticated, service_role;
grant execute on function public.read_activity(integer), public.read_day() to service_role;
