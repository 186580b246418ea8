-- The only requests that the watch reads, in the order in which they were recorded.
create index webhook_requests_refused on public.webhook_requests (recorded_in)
  where outcome in ('invalid', 'refused') and code <> 'rate_limited';

create function private.new_refusals(pass private.monitor_pass)
returns table (kind text, strategy_id uuid, subject text, received_at timestamptz, alerts bigint, details jsonb)
language sql
volatile
set search_path = ''
set enable_seqscan = off -- whatever the statistics say: the rows of a minute are few, and an index finds them
set jit = off
set max_parallel_workers_per_gather = 0
as $$
  with overflow as (
    select overflow.*, overflow.count - coalesce(counted.count, 0) as alerts
    from public.webhook_overflow as overflow
    left join private.counted_overflow as counted on overflow_id = overflow.id
    where bucket_start > private.earliest(new_refusals.pass)
      and outcome in ('invalid', 'refused') and code <> 'rate_limited'
      and overflow.count > coalesce(counted.count, 0)
  ),
  counted as (
    insert into private.counted_overflow (overflow_id, count)
    select id, count from overflow
    on conflict (overflow_id) do update set count = excluded.count
  ),
  refused as (
    select strategy_id, code, private.fault(code, problem, endpoint) as fault, received_at, 1 as alerts,
      private.evidence(correlation_id, received_at, private.as_text(raw_body), code, problem) as details
    from public.webhook_requests
    where outcome in ('invalid', 'refused') and code <> 'rate_limited'
      and recorded_in >= pg_snapshot_xmin((new_refusals.pass).seen)
      and private.is_new(recorded_in, new_refusals.pass)
      and received_at > private.earliest(new_refusals.pass)
    union all
    select strategy_id, code, coalesce(fault, 'more'), bucket_start, alerts, jsonb_build_object(
      'code', code, 'meaning', 'So many a minute that they are only counted, in webhook_overflow')
    from overflow
  )
  select case code when 'wrong_endpoint' then 'wrong_endpoint' else 'alert_refused' end, strategy_id, fault,
    received_at, alerts, details
  from refused;
$$;

comment on function private.new_refusals(private.monitor_pass) is
  'Returns the refused alerts that were recorded since the last run, each with its evidence: all of one request; and '
  'how many were only counted since then.';

create function private.count_stragglers(strategy_id uuid)
returns bigint
language sql
stable
set search_path = ''
as $$
  select count(*) from (
    select code from public.webhook_requests
    where coalesce(webhook_requests.strategy_id, '00000000-0000-0000-0000-000000000000')
        = coalesce(count_stragglers.strategy_id, '00000000-0000-0000-0000-000000000000')
      and outcome in ('duplicate', 'invalid', 'refused') and received_at > now() - interval '1 day'
    order by received_at desc
    limit 2000) as recent
  where code = 'wrong_endpoint';
$$;

comment on function private.count_stragglers(uuid) is
  'Counts a strategy''s alerts on a closed endpoint among the last 2,000 requests of 24 hours that made no signal.';

create function private.watch_refusals(pass private.monitor_pass)
returns void
language sql
volatile
set search_path = ''
as $$
  with known as (
    select kind, strategy_id, subject, status <> 'resolved' as is_open from public.incidents
    where (status <> 'resolved' or reopens_until is not null) and kind in ('alert_refused', 'wrong_endpoint')
  ),
  marked as (
    select refused.*, exists (
      select from known
      where known.kind = refused.kind and known.strategy_id is not distinct from refused.strategy_id
        and known.subject = refused.subject) as is_known
    from private.new_refusals(watch_refusals.pass) as refused
  ),
  ranked as (
    -- A sender that breaks another field each time opens 20 incidents, not thousands.
    select *, is_known or dense_rank() over (partition by kind, strategy_id, is_known order by subject) + (
      select count(*) from known
      where is_open and known.kind = marked.kind and known.strategy_id is not distinct from marked.strategy_id
    ) <= 20 as is_apart
    from marked
  ),
  named as (
    select kind, strategy_id, case when is_apart then subject else 'more' end as subject, is_known, received_at, alerts,
      case when is_apart then details else details || jsonb_build_object(
        'meaning', 'More different faults than 20: webhook_requests has them all') end as details
    from ranked
  ),
  newest as (
    select distinct on (kind, strategy_id, subject) *,
      (sum(alerts) over (partition by kind, strategy_id, subject))::bigint as times
    from named
    order by kind, strategy_id, subject, details ? 'excerpt' desc, details ? 'correlation_id' desc, received_at desc
  )
  select private.open_incident(kind, strategy_id, subject, details, times)
  from newest
  -- A single alert on a closed endpoint may be a straggler.
  where kind <> 'wrong_endpoint' or is_known or times > 1 or private.count_stragglers(strategy_id) >= 5;
$$;

comment on function private.watch_refusals(private.monitor_pass) is
  'alert_refused: an authenticated alert got a 4xx response, the most common silent loss; one incident for a strategy, '
  'code and path, whose evidence is the newest alert · wrong_endpoint: alerts keep coming to an endpoint that is '
  'closed for their strategy, or 5 within 24 hours.';

revoke execute on function
  private.new_refusals(private.monitor_pass), private.count_stragglers(uuid),
  private.watch_refusals(private.monitor_pass)
from public, anon, authenticated, service_role;
