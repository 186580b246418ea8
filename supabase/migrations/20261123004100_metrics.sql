create function public.read_backlog()
returns jsonb
language sql
stable
security definer -- reads what the caller may not
set search_path = ''
as $$
  select jsonb_build_object(
    'dispatches', (select count(*) from public.dispatches where status = 'pending'),
    'oldest_due_seconds', (
      select coalesce(extract(epoch from now() - min(next_attempt_at)), 0)
      from public.dispatches where status = 'pending' and next_attempt_at <= now()),
    'held', (select count(*) from public.signals where status = 'held'),
    'incidents', (select count(*) from public.incidents where status = 'open'));
$$;

comment on function public.read_backlog() is
  'Returns how much waits: {dispatches, oldest_due_seconds, held, incidents}.';

create function private.histogram(samples numeric[], bounds numeric[])
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'count', count(sample), 'sum', coalesce(sum(sample), 0),
    'buckets', (
      select jsonb_agg(
        jsonb_build_array(bound, (select count(*) from unnest(samples) as one where one <= bound)) order by bound)
      from unnest(bounds) as bound))
  from unnest(samples) as sample;
$$;

comment on function private.histogram(numeric[], numeric[]) is
  'Cumulative counts in Prometheus'' form: {count, sum, buckets: [[bound, count]]}.';

create function public.read_metrics()
returns jsonb
language sql
stable
security definer -- reads what the caller may not
set search_path = ''
as $$
  select jsonb_build_object(
    'requests', (
      select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
      from (select outcome, endpoint, count(*) as value from public.webhook_requests
            where received_at > now() - interval '1 day' group by outcome, endpoint) as counted),
    'requests_counted_only', (
      select coalesce(sum(count), 0) from public.webhook_overflow where bucket_start > now() - interval '1 day'),
    'auth_failures', (
      select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
      from (select reason, endpoint, sum(count) as value from public.auth_failures
            where bucket_start > now() - interval '1 day' group by reason, endpoint) as counted),
    'signals', (
      select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
      from (select strategies.slug as strategy, signals.status, count(*) as value
            from public.signals join public.strategies on strategies.id = signals.strategy_id
            where received_at > now() - interval '1 day' group by strategies.slug, signals.status) as counted),
    'dispatches', (
      select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
      from (select status, count(*) as value from public.dispatches
            where created_at > now() - interval '1 day' group by status) as counted),
    'incidents', (
      select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
      from (select kind, status, count(*) as value from public.incidents
            where status <> 'resolved' group by kind, status) as counted),
    'request_ms', private.histogram(array(
      select duration_ms from public.webhook_requests
      where received_at > now() - interval '1 hour' order by received_at desc limit 10000),
      '{5,10,25,50,100,250,500,1000,2000}'),
    'delivery_ms', private.histogram(array(
      select extract(epoch from delivered_at - created_at) * 1000 from public.dispatches
      where delivered_at > now() - interval '1 hour' and created_at > now() - interval '1 day' limit 10000),
      '{25,50,100,250,500,1000,5000,30000,300000}'));
$$;

comment on function public.read_metrics() is
  'Returns counts of the last day and latencies of the last hour, for GET /provision/metrics.';

revoke execute on function
  public.read_backlog(), private.histogram(numeric[], numeric[]), public.read_metrics()
from public, anon, authenticated, service_role;
grant execute on function
  public.read_backlog(), public.read_metrics()
to service_role;
