-- Counters that only rise. What they count is deleted with the retention, so a job adds what is new to totals, once:
-- alerts have no work with it, and no restart loses any of it.

create table private.counts (
  metric text not null,
  labels jsonb not null,
  count bigint not null,
  seconds double precision,
  below bigint[],
  primary key (metric, labels)
);

comment on table private.counts is 'Totals since the installation, by metric and labels.';
comment on column private.counts.seconds is 'Sum of the durations; empty: a metric without durations.';
comment on column private.counts.below is 'Number of durations up to each bound, see duration_bounds.';

create table private.counting (
  singleton boolean primary key default true constraint counting_has_one_row check (singleton),
  counted_until timestamptz not null default now()
);

comment on table private.counting is 'One row: the time up to which everything is counted.';

insert into private.counting default values;
select private.deny_clients('{private.counts,private.counting}');

create function private.duration_bounds(metric text)
returns double precision[]
language sql
immutable
set search_path = ''
as $$
  select case duration_bounds.metric
    when 'webhook_request_duration_seconds' then '{0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5}'::double precision[]
    when 'webhook_delivery_duration_seconds' then '{0.05,0.1,0.25,0.5,1,5,30,300,3600}' end;
$$;

comment on function private.duration_bounds(text) is 'Returns the upper bounds of a histogram, in seconds.';

create function private.count_below(durations double precision[], bounds double precision[])
returns bigint[]
language sql
immutable
set search_path = ''
as $$
  select array(
    select (select count(*) from unnest(durations) as duration where duration <= bound)
    from unnest(bounds) with ordinality as upper (bound, place)
    order by place);
$$;

comment on function private.count_below(double precision[], double precision[]) is
  'Counts the durations up to each bound.';

create function private.metric_names()
returns table (kind text, id uuid, name text)
language sql
stable
set search_path = ''
as $$
  (select 'strategy', id, slug from public.strategies order by status = 'archived', created_at, id limit 100)
  union all
  select 'route', id, label
  from (
    select id, label, dense_rank() over (order by first_created_at, label) as place
    from (
      select routes.id, label, min(created_at) over (partition by label) as first_created_at
      from public.routes, lateral (select private.route_label(kind, target) as label) as labelled) as known) as ranked
  where place <= 100;
$$;

comment on function private.metric_names() is
  'Returns the strategies and routes that metrics name: the first hundred of each, which bounds the number of series. '
  'The others are counted together, as other.';

create function private.count_requests(from_time timestamptz, to_time timestamptz)
returns setof private.counts
language sql
stable
set search_path = ''
set enable_seqscan = off -- whatever the statistics say: the range is short
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
set max_parallel_workers_per_gather = 0
as $$
  with requests as materialized (
    select outcome, coalesce(code, 'none') as code, endpoint, signal_id,
      duration_ms::double precision / 1000 as seconds
    from public.webhook_requests
    where received_at >= count_requests.from_time and received_at < count_requests.to_time
  ),
  counted as (
    select outcome, code, count(*) as count from requests group by outcome, code
    union all
    select outcome, coalesce(code, 'none'), sum(count) from public.webhook_overflow
    where bucket_start >= date_trunc('minute', count_requests.from_time)
      and bucket_start < date_trunc('minute', count_requests.to_time)
    group by 1, 2
  )
  select 'webhook_requests_total', jsonb_build_object('outcome', outcome, 'code', code), sum(count)::bigint,
    null::double precision, null::bigint[]
  from counted group by outcome, code
  union all
  select metric, jsonb_build_object('endpoint', endpoint), count(*), sum(seconds),
    private.count_below(array_agg(seconds), private.duration_bounds(metric))
  from requests, lateral (select 'webhook_request_duration_seconds' as metric) as histogram
  group by metric, endpoint
  union all
  -- A request's outcome is its signal's first status.
  select 'webhook_signals_total', jsonb_build_object(
    'strategy', coalesce(names.name, 'other'), 'intent', coalesce(intent, 'none'), 'status', outcome),
    sum(count)::bigint, null, null
  from (
    select strategy_id, intent, outcome, count(*) as count
    from requests join public.signals on signals.id = requests.signal_id
    where outcome in ('accepted', 'held', 'suppressed')
    group by strategy_id, intent, outcome) as signals
  left join private.metric_names() as names on names.kind = 'strategy' and names.id = strategy_id
  group by names.name, intent, outcome;
$$;

comment on function private.count_requests(timestamptz, timestamptz) is
  'Counts the requests that arrived in this time, and their signals; of those that are kept as a number, whole '
  'minutes.';

create function private.count_failures(from_time timestamptz, to_time timestamptz)
returns setof private.counts
language sql
stable
set search_path = ''
set enable_seqscan = off -- see count_requests
set jit = off
as $$
  select 'webhook_auth_failures_total', jsonb_build_object('endpoint', endpoint, 'reason', reason, 'own', is_own::text),
    sum(count)::bigint, null::double precision, null::bigint[]
  from public.auth_failures
  where bucket_start >= date_trunc('minute', count_failures.from_time)
    and bucket_start < date_trunc('minute', count_failures.to_time)
  group by endpoint, reason, is_own
  union all
  select 'webhook_incidents_opened_total', jsonb_build_object('kind', kind), count(*), null, null
  from public.incidents, unnest(array[opened_at, reopened_at]) as at
  where at >= count_failures.from_time and at < count_failures.to_time
  group by kind;
$$;

comment on function private.count_failures(timestamptz, timestamptz) is
  'Counts the failures of authentication in the whole minutes of this time, and the incidents that opened, or opened '
  'again.';

revoke execute on function
  private.duration_bounds(text), private.count_below(double precision[], double precision[]), private.metric_names(),
  private.count_requests(timestamptz, timestamptz), private.count_failures(timestamptz, timestamptz)
from public, anon, authenticated, service_role;
