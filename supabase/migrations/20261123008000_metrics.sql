create function public.read_backlog()
returns jsonb
language sql
stable
security definer -- reads what the caller may not
set search_path = ''
as $$
  select jsonb_build_object(
    'dispatches', waiting.dispatches,
    'paused', waiting.paused,
    'oldest_due_seconds', (
      select coalesce(extract(epoch from now() - min(oldest)), 0) from private.overdue_dispatches()),
    'held', (select count(*) from public.signals where status = 'held'),
    'incidents', (select count(*) from public.incidents where status = 'open'))
  from (
    select count(*) filter (where is_sent) as dispatches, count(*) filter (where not is_sent) as paused
    from public.dispatches
    left join public.routes on routes.id = dispatches.route_id
    left join private.sending_strategies() as sending (strategy_id) on sending.strategy_id = dispatches.strategy_id,
      lateral (select coalesce(routes.enabled, false) and sending.strategy_id is not null) as state (is_sent)
    where dispatches.status = 'pending') as waiting;
$$;

comment on function public.read_backlog() is
  'Returns how much waits: {dispatches, paused, oldest_due_seconds, held, incidents}. What waits for a paused strategy '
  'or a disabled route is paused: neither a dispatch of the backlog nor due.';

create function private.read_counts()
returns table (source text, labels jsonb, count bigint, sum_ms numeric, below bigint[], is_recent boolean)
language sql
stable
set search_path = ''
as $$
  with range as (
    select now() - interval '1 day' as starts_at, counted_until,
      private.bucket_of(now() - interval '1 day') + interval '10 minutes' as first_bucket
    from private.counting
  )
  select source, labels, count, sum_ms, below, bucket_start > now() - interval '1 hour'
  from range, private.counts where bucket_start >= first_bucket
  -- Counted by the rows themselves: what lies before the first whole bucket, and after the last run of the job.
  union all
  select counted.*, false from range, private.count_rows(starts_at, least(first_bucket, counted_until)) as counted
  union all
  select counted.*, true from range, private.count_rows(greatest(starts_at, counted_until), 'infinity') as counted;
$$;

comment on function private.read_counts() is
  'Counts the rows of the last day in parts that add up; is_recent: of the last hour. Totals are exact; that an older '
  'row has changed its status shows after half an hour at most.';

create function public.read_metrics()
returns jsonb
language sql
stable
security definer -- reads what the caller may not
set search_path = ''
as $$
  with counted as materialized (select * from private.read_counts()),
  totals as (
    select source, labels, sum(count) as value from counted group by source, labels
  ),
  recent as (
    select source, sum(count) as count, sum(sum_ms) as sum from counted where is_recent group by source
  ),
  places as (
    select source, place, sum(below) as below
    from (select source, below as each from counted where is_recent and source <> 'signals') as timed,
      lateral unnest(each) with ordinality as up_to (below, place)
    group by source, place
  ),
  -- Cumulative counts in Prometheus' form.
  histograms as (
    select sources.source, jsonb_build_object(
      'count', coalesce(min(recent.count), 0), 'sum', coalesce(min(recent.sum), 0),
      'buckets', jsonb_agg(jsonb_build_array(bound, coalesce(places.below, 0)) order by bound)) as histogram
    from unnest('{requests,dispatches}'::text[]) as sources (source)
    cross join lateral unnest(private.duration_bounds(sources.source)) with ordinality as bounds (bound, place)
    left join recent on recent.source = sources.source
    left join places on places.source = sources.source and places.place = bounds.place
    group by sources.source
  )
  select jsonb_build_object(
    'requests', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'outcome', labels -> 'status', 'endpoint', labels -> 'endpoint', 'value', value)), '[]')
      from totals where source = 'requests'),
    'requests_counted_only', (
      select coalesce(sum(count), 0) from public.webhook_overflow where bucket_start > now() - interval '1 day'),
    'auth_failures', (
      select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
      from (select reason, endpoint, sum(count) as value from public.auth_failures
            where bucket_start > now() - interval '1 day' group by reason, endpoint) as counted),
    'signals', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'strategy', slug, 'status', labels -> 'status', 'value', value)), '[]')
      from totals join public.strategies on strategies.id = (labels ->> 'strategy_id')::uuid
      where source = 'signals'),
    'dispatches', (
      select coalesce(jsonb_agg(jsonb_build_object('status', labels -> 'status', 'value', value)), '[]')
      from totals where source = 'dispatches'),
    'incidents', (
      select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
      from (select kind, status, count(*) as value from public.incidents
            where status <> 'resolved' group by kind, status) as counted),
    'watches', (
      select jsonb_agg(jsonb_build_object('watch', watch -> 'name', 'value', watch -> 'seconds'))
      from jsonb_array_elements(public.read_watches()) as watch),
    'request_ms', (select histogram from histograms where source = 'requests'),
    'delivery_ms', (select histogram from histograms where source = 'dispatches'));
$$;

comment on function public.read_metrics() is
  'Returns counts of the last day and latencies of the last hour, for GET /provision/metrics.';

revoke execute on function public.read_backlog(), private.read_counts(), public.read_metrics()
from public, anon, authenticated, service_role;
grant execute on function
  public.read_backlog(), public.read_metrics()
to service_role;
