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

create function private.count_deliveries(from_time timestamptz, to_time timestamptz)
returns setof private.counts
language sql
stable
set search_path = ''
set enable_seqscan = off -- see count_requests
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
set max_parallel_workers_per_gather = 0
as $$
  with names as materialized (
    select id, name from private.metric_names() where kind = 'route'
  ),
  settled as materialized (
    select route_id, null as queue, status as result, extract(epoch from settled_at - created_at)::float8 as seconds
    from public.dispatches
    where settled_at >= count_deliveries.from_time and settled_at < count_deliveries.to_time
    union all
    select null, 'queue:' || queue, outcome,
      extract(epoch from settled_at - coalesce(accepted_at, received_at))::float8
    from public.queue_outcomes
    left join public.signals on signals.id = signal_id
    where settled_at >= count_deliveries.from_time and settled_at < count_deliveries.to_time
  ),
  deliveries as materialized (
    select
      coalesce((select min(name) from names where id = route_id or name = queue), 'other') as route, result, count,
      durations
    from (
      select route_id, queue, result, count(*) as count,
        array_agg(seconds) filter (where result in ('delivered', 'completed') and seconds is not null) as durations
      from settled group by route_id, queue, result) as counted
  ),
  attempts as (
    select route_id, result, count(*) as count
    from public.dispatch_attempts
    left join public.dispatches on dispatches.id = dispatch_id,
      lateral (select case
        when error is null then 'delivered' when status_code is null then 'no_response'
        when status_code between 300 and 599 then format('http_%sxx', status_code / 100) else 'http_other' end
      ) as told (result)
    where started_at >= count_deliveries.from_time and started_at < count_deliveries.to_time
    group by route_id, result
  )
  select 'webhook_deliveries_total', jsonb_build_object('route', route, 'result', result), sum(count)::bigint,
    null::double precision, null::bigint[]
  from deliveries
  group by route, result
  union all
  select metric, jsonb_build_object('route', route), count(*), sum(seconds),
    private.count_below(array_agg(seconds), private.duration_bounds(metric))
  from deliveries, unnest(durations) as seconds,
    lateral (select 'webhook_delivery_duration_seconds' as metric) as histogram
  group by metric, route
  union all
  select 'webhook_delivery_attempts_total', jsonb_build_object('route', route, 'result', result), sum(count)::bigint,
    null, null
  from attempts, lateral (select coalesce((select name from names where id = route_id), 'other')) as named (route)
  group by route, result;
$$;

comment on function private.count_deliveries(timestamptz, timestamptz) is
  'Counts what was settled in this time, on all kinds of routes, and the attempts that began in it.';

create function private.settled_until(at timestamptz)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select greatest(least(min(xact_start), settled_until.at), settled_until.at - interval '5 minutes')
    - interval '10 seconds'
  from pg_catalog.pg_stat_activity
  where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid();
$$;

comment on function private.settled_until(timestamptz) is
  'Returns a time before which nothing is recorded any more: ten seconds, longer than an alert or an attempt lasts, '
  'before the oldest transaction that writes. One that has been open for five minutes does not stop the counters.';

create function private.forget_names()
returns void
language sql
volatile
set search_path = ''
as $$
  with names as materialized (
    select kind, name from private.metric_names()
    union all values ('strategy', 'other'), ('route', 'other')
  )
  delete from private.counts
  where labels ? 'strategy' and labels ->> 'strategy' not in (select name from names where kind = 'strategy')
    or labels ? 'route' and labels ->> 'route' not in (select name from names where kind = 'route');

  -- The first of its kind is then seen as an increase.
  insert into private.counts (metric, labels, count)
  select distinct 'webhook_deliveries_total', jsonb_build_object('route', name, 'result', result), 0
  from private.metric_names(),
    unnest(case when name like 'queue:%' then '{completed,rejected,dead,expired,cancelled}'::text[]
      else '{delivered,dead,expired,cancelled}' end) as result
  where kind = 'route'
  on conflict on constraint counts_pkey do nothing;
$$;

comment on function private.forget_names() is
  'Deletes the totals of strategies and routes that metrics no longer name, and begins those of new routes.';

create function private.count_new(at timestamptz default clock_timestamp())
returns boolean
language plpgsql
volatile
set search_path = ''
set lock_timeout = '5s'
as $$
declare
  max_step constant interval := '10 minutes';
  from_time timestamptz;
  until constant timestamptz := private.settled_until(count_new.at);
  to_time timestamptz;
begin
  select counted_until into from_time from private.counting where singleton for update;
  to_time := least(greatest(until, from_time), from_time + max_step);
  insert into private.counts as known
  select * from private.count_requests(from_time, to_time)
  union all select * from private.count_failures(from_time, to_time)
  union all select * from private.count_deliveries(from_time, to_time)
  on conflict on constraint counts_pkey do update set
    count = known.count + excluded.count,
    seconds = known.seconds + excluded.seconds,
    below = case when known.below is not null then array(
      select one + other from unnest(known.below, excluded.below) with ordinality as pair (one, other, place)
      order by place) end;
  update private.counting set counted_until = to_time where singleton;
  perform private.forget_names();
  return to_time < until;
end;
$$;

comment on function private.count_new(timestamptz) is
  'Adds to the totals what was recorded since the last run, each once; run every minute by cron. Returns whether more '
  'is left: it catches up step by step.';

create function public.read_metrics()
returns jsonb
language plpgsql -- not SQL, because read_levels is created later
stable
security definer -- reads what the caller may not
set search_path = ''
set jit = off
as $$
begin
  return jsonb_build_object(
    'counts', (
      select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(counts)
        || jsonb_build_object('bounds', private.duration_bounds(metric))) order by metric, labels), '[]')
      from private.counts),
    'levels', (
      select coalesce(jsonb_agg(to_jsonb(levels) order by metric, labels), '[]')
      from private.read_levels() as levels where value is not null));
end;
$$;

comment on function public.read_metrics() is
  'Returns the totals [{metric, labels, count, seconds?, below?, bounds?}], about a minute old, and the present levels '
  '[{metric, labels, value}], for GET /provision/metrics.';

revoke execute on function
  public.read_backlog(), private.count_deliveries(timestamptz, timestamptz), private.settled_until(timestamptz),
  private.forget_names(), private.count_new(timestamptz), public.read_metrics()
from public, anon, authenticated, service_role;
grant execute on function public.read_backlog(), public.read_metrics() to service_role;
