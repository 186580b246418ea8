create function private.traced_signal(id uuid)
returns public.signals
language sql
stable
set search_path = ''
as $$
  select signals.* from public.signals
  where signals.id in (
    select signals.id from public.signals where correlation_id = traced_signal.id
    -- The request of a duplicate has the first alert's signal.
    union select signal_id from public.webhook_requests where correlation_id = traced_signal.id
    union select traced_signal.id)
  limit 1;
$$;

comment on function private.traced_signal(uuid) is
  'Returns the signal of an alert, or the one that it repeats, by the correlation id; or the signal with this id.';

create function private.traced_requests(id uuid, signal public.signals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with request as (
    select * from public.webhook_requests where correlation_id in (traced_requests.id, signal.correlation_id)
    union
    (select * from public.webhook_requests
    where outcome = 'duplicate' and signal_id = signal.id
      -- As the index of requests without a signal has it.
      and coalesce(strategy_id, '00000000-0000-0000-0000-000000000000') = signal.strategy_id
      and received_at between signal.received_at and signal.received_at + interval '1 hour'
    order by received_at
    limit 20)
  )
  select coalesce(jsonb_agg(
    to_jsonb(request) - '{id,recorded_in,raw_body,strategy_id}'::text[] || jsonb_build_object(
      'strategy', strategies.name, 'bytes', length(raw_body), 'excerpt', left(private.as_text(raw_body), 2000))
    order by received_at), '[]')
  from request
  left join public.strategies on strategies.id = request.strategy_id;
$$;

comment on function private.traced_requests(uuid, public.signals) is
  'Returns the requests with a correlation id, the request that brought the signal, and its duplicates of an hour (at '
  'most 20). The excerpt is of the body as it is kept: with credentials masked.';

create function private.traced_queues(signal public.signals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with queues as (
    select substr(label, 7) as queue from unnest(signal.routes) as label where label like 'queue:%'
    union select queue from public.queue_outcomes where signal_id = signal.id
    -- A replay may have sent it where it was not sent at first.
    union select target from public.routes
    where kind = 'queue' and (strategy_id = signal.strategy_id or strategy_id is null)
  ),
  traced as (
    select queue,
      (select jsonb_agg(
        to_jsonb(settled) - '{id,queue,signal_id,strategy_id}'::text[] order by settled_at, settled.id)
      from public.queue_outcomes as settled where signal_id = signal.id and settled.queue = queues.queue) as outcomes,
      (select jsonb_agg(jsonb_build_object(
        'message_id', message_id, 'reads', reads, 'worker', worker, 'error', error, 'is_leased', is_leased,
        'visible_at', visible_at, 'expires_at', expires_at) order by message_id)
      from private.waiting_messages as waiting
      where lane_key = hashtextextended(
          queues.queue || ':' || signal.strategy_id || ':' || coalesce(signal.symbol, ''), 0)
        and signal_id = signal.id and waiting.queue = queues.queue) as waiting
    from queues
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'route', 'queue:' || queue, 'kind', 'queue', 'target', queue,
    'outcomes', coalesce(outcomes, '[]'), 'waiting', coalesce(waiting, '[]')) order by queue), '[]')
  from traced
  where outcomes is not null or waiting is not null or 'queue:' || queue = any (signal.routes);
$$;

comment on function private.traced_queues(public.signals) is
  'Returns the queues that a signal was sent to, each with the outcomes of its messages and those that still wait.';

create function private.traced_dispatches(signal public.signals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with dispatch as (
    select dispatches.target, dispatches.route_id, dispatches.sequence, created_at,
      -- Its route may be deleted.
      case when dispatches.target ~ '^https?://' then 'http' else 'function' end::public.route_kind as kind,
      to_jsonb(dispatches)
        - '{sequence,signal_id,strategy_id,symbol,role,is_entry,is_exit,is_close,target,fence}'::text[]
        || jsonb_build_object('attempts', (
          select coalesce(jsonb_agg(to_jsonb(tried) - 'dispatch_id' order by started_at), '[]')
          from public.dispatch_attempts as tried where dispatch_id = dispatches.id)) as shown
    from public.dispatches
    where signal_id = signal.id
  ),
  traced as (
    select min(sequence) as place, jsonb_build_object(
      'route', private.route_label(kind, target), 'kind', kind, 'target', target,
      'dispatches', jsonb_agg(shown order by sequence)) as route
    from dispatch
    group by route_id, kind, target
  )
  select coalesce(jsonb_agg(route order by place), '[]') from traced;
$$;

comment on function private.traced_dispatches(public.signals) is
  'Returns the functions and URLs that a signal was sent to, each with its dispatches (replays too) and every attempt.';

create function private.traced_failure(id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(failure) - '{id,strategy_id,is_own,sample,told,recorded_in}'::text[] || jsonb_build_object(
    'strategy', strategies.name,
    'asked_for', sample ->> 'name',
    'user_agent', sample ->> 'user_agent',
    'received_at', coalesce((sample ->> 'received_at')::timestamptz, bucket_start))
  from public.auth_failures as failure
  left join public.strategies on strategies.id = failure.strategy_id
  where sample ->> 'correlation_id' = traced_failure.id::text
  limit 1;
$$;

comment on function private.traced_failure(uuid) is
  'Returns why a request with this correlation id failed authentication, if it is the sample of its minute; count: '
  'failures of the same kind and address in that minute.';

create function public.trace_alert(id uuid)
returns jsonb
language plpgsql
stable
security definer -- reads which messages wait, and joins the strategies' names
set search_path = ''
as $$
declare
  signal public.signals := private.traced_signal(trace_alert.id);
  requests jsonb := private.traced_requests(trace_alert.id, signal);
  failure jsonb := private.traced_failure(trace_alert.id);
begin
  if signal.id is null and requests = '[]' and failure is null then
    return null;
  end if;
  return jsonb_build_object(
    'correlation_id', case when trace_alert.id = signal.id then signal.correlation_id else trace_alert.id end,
    'requests', requests,
    'signal', (
      select to_jsonb(signal) - '{recorded_in,request_id,strategy_id}'::text[]
        || jsonb_build_object('strategy', name, 'slug', slug)
      from public.strategies where strategies.id = signal.strategy_id),
    'routes', private.traced_queues(signal) || private.traced_dispatches(signal),
    'auth_failure', failure);
end;
$$;

comment on function public.trace_alert(uuid) is
  'Returns the life of an alert by its correlation id, or by the id of its signal: {correlation_id, requests, signal, '
  'routes, auth_failure}; null if nothing is known of it. A duplicate leads to the first signal.';

revoke execute on function
  private.traced_signal(uuid), private.traced_requests(uuid, public.signals), private.traced_queues(public.signals),
  private.traced_dispatches(public.signals), private.traced_failure(uuid), public.trace_alert(uuid)
from public, anon, authenticated, service_role;
grant execute on function public.trace_alert(uuid) to service_role;
