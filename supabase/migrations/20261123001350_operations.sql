-- What operators ask for over HTTP beside the catalog: signals, incidents, figures.

create function public.list_signals(strategy text default null, quantity integer default 20)
returns jsonb
language sql
stable
security definer -- shows the strategies' names beside their signals
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(shown) order by received_at desc), '[]')
  from (
    select signals.id, received_at, strategies.name as strategy, signals.status, action, direction, exchange, symbol,
      quantity, price, confidence, is_test, signals.routes
    from public.signals
    join public.strategies on strategies.id = signals.strategy_id
    where list_signals.strategy is null
      or signals.strategy_id = (private.strategy_called(list_signals.strategy)).id
    order by received_at desc
    limit least(list_signals.quantity, 500)) as shown;
$$;

comment on function public.list_signals(text, integer) is 'The last signals, of one strategy or of all.';

create function public.list_incidents()
returns jsonb
language sql
stable
security definer -- shows the strategies' names beside their incidents
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'id', incidents.id, 'kind', kind, 'strategy', strategies.name, 'subject', subject, 'status', incidents.status,
      'opened_at', opened_at, 'last_seen_at', last_seen_at, 'count', count, 'details', details)
    order by opened_at desc), '[]')
  from public.incidents
  left join public.strategies on strategies.id = incidents.strategy_id
  where incidents.status <> 'resolved';
$$;

comment on function public.list_incidents() is 'The incidents that are not resolved.';

create function public.backlog()
returns jsonb
language sql
stable
security definer -- counts what is private too
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

comment on function public.backlog() is 'What waits: {dispatches, oldest_due_seconds, held, incidents}.';

create function private.histogram(samples numeric[], bounds numeric[])
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'count', count(sample), 'sum', coalesce(sum(sample), 0),
    'buckets', (
      select jsonb_agg(jsonb_build_array(bound, (select count(*) from unnest(samples) as one where one <= bound)) order by bound)
      from unnest(bounds) as bound))
  from unnest(samples) as sample;
$$;

comment on function private.histogram(numeric[], numeric[]) is 'Cumulative counts as Prometheus has them: {count, sum, buckets: [[bound, count]]}.';

create function public.metrics()
returns jsonb
language sql
stable
security definer -- counts what is private too
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

comment on function public.metrics() is 'Figures of the last day, and latencies of the last hour, for GET /provision/metrics.';

create function public.explain_signal(name text, signal jsonb, endpoint text)
returns jsonb
language plpgsql
volatile
security definer -- asks what ingest would
set search_path = ''
as $$
declare
  strategy public.strategies := private.strategy_called(explain_signal.name);
  candidate public.signals := jsonb_populate_record(null::public.signals, explain_signal.signal);
begin
  candidate.strategy_id := strategy.id;
  candidate.status := 'accepted';
  candidate.is_test := false;
  return jsonb_build_object(
    'limit', strategy.rate_limit_per_minute,
    'left', private.limit_left(strategy, explain_signal.endpoint),
    'held', (select count(*) from public.signals where strategy_id = strategy.id and status = 'held'),
    'routes', array(select private.route_label(route) from unnest(private.routes_for(candidate)) as route));
end;
$$;

comment on function public.explain_signal(text, jsonb, text) is
  'What would become of a signal now: {limit, left, held, routes}. Stores nothing of it.';

create function public.runbook()
returns jsonb
language sql
stable
security definer -- shows which secrets are live
set search_path = ''
as $$
  select jsonb_build_object(
    'generated_at', now(),
    'phase', settings.phase,
    'functions_url', private.functions_url(),
    'limits', jsonb_build_object(
      'universal_rate_limit_per_minute', settings.universal_rate_limit_per_minute,
      'raw_body_retention', settings.raw_body_retention,
      'audit_retention', settings.audit_retention),
    'monitoring', jsonb_build_object(
      'auth_failures', settings.auth_failure_threshold,
      'alert_storm', settings.alert_storm_threshold,
      'backlog', settings.backlog_threshold,
      'quiet', settings.incident_quiet),
    'universal_secrets', private.secrets_shown(null),
    'strategies', (
      select coalesce(jsonb_agg(private.strategy_json(strategies) - 'payload_schema' - 'jwks' order by lower(name)), '[]')
      from public.strategies where status <> 'archived'),
    'incidents', public.list_incidents(),
    'backlog', public.backlog())
  from public.router_settings as settings;
$$;

comment on function public.runbook() is 'The state that the runbook is rendered from. No secret and no token.';

revoke execute on function
  public.list_signals(text, integer), public.list_incidents(), public.backlog(),
  private.histogram(numeric[], numeric[]), public.metrics(), public.explain_signal(text, jsonb, text),
  public.runbook()
from public, anon, authenticated, service_role;
grant execute on function
  public.list_signals(text, integer), public.list_incidents(), public.backlog(), public.metrics(),
  public.explain_signal(text, jsonb, text), public.runbook()
to service_role;
