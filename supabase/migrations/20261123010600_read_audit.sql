-- What a sender compares with what it sent and was answered: everything that is kept of one strategy, in pages.

create function private.audited_requests(strategy_id uuid, after jsonb, at_most integer)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', id, 'correlation_id', correlation_id, 'outcome', outcome, 'code', code, 'signal_id', signal_id,
    'body_digest', encode(sha256(raw_body), 'hex'), 'received_at', received_at) order by received_at, id), '[]')
  from (
    select * from public.webhook_requests
    where webhook_requests.strategy_id = audited_requests.strategy_id
      and received_at >= coalesce((after ->> 'received_at')::timestamptz, '-infinity')
      and (received_at, id) > (
        coalesce((after ->> 'received_at')::timestamptz, '-infinity'),
        coalesce((after ->> 'id')::uuid, '00000000-0000-0000-0000-000000000000'))
    order by received_at, id
    limit audited_requests.at_most) as page;
$$;

comment on function private.audited_requests(uuid, jsonb, integer) is
  'Returns the next requests of a strategy after {received_at, id}, each with the SHA-256 of its body as it is kept.';

create function private.sent_on(signal public.signals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with sendings as (
    select label
    from unnest(signal.routes) as label
    join private.waiting_messages as waiting
      on waiting.queue = substr(label, 7) and waiting.signal_id = signal.id
      and waiting.lane_key = hashtextextended(
        substr(label, 7) || ':' || signal.strategy_id || ':' || coalesce(signal.symbol, ''), 0)
    where label like 'queue:%'
    union all
    select 'queue:' || queue from public.queue_outcomes where signal_id = signal.id
    union all
    select private.route_label(
      case when target ~ '^https?://' then 'http' else 'function' end::public.route_kind, target)
    from public.dispatches where signal_id = signal.id
  )
  select coalesce(jsonb_object_agg(label, count), '{}')
  from (select label, count(*) from sendings group by label) as counted;
$$;

comment on function private.sent_on(public.signals) is
  'Counts the messages and dispatches of a signal, waiting or settled, by route: {kind:target: count}.';

create function private.audited_signals(strategy_id uuid, after jsonb, at_most integer)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', id, 'request_id', request_id, 'correlation_id', correlation_id, 'status', status,
    'is_exit', private.is_exit(private.lane_role(action, intent)), 'routes', routes, 'sent', private.sent_on(page),
    'received_at', received_at) order by received_at, id), '[]')
  from (
    select * from public.signals
    where signals.strategy_id = audited_signals.strategy_id
      and received_at >= coalesce((after ->> 'received_at')::timestamptz, '-infinity')
      and (received_at, id) > (
        coalesce((after ->> 'received_at')::timestamptz, '-infinity'),
        coalesce((after ->> 'id')::uuid, '00000000-0000-0000-0000-000000000000'))
    order by received_at, id
    limit audited_signals.at_most) as page;
$$;

comment on function private.audited_signals(uuid, jsonb, integer) is
  'Returns the next signals of a strategy after {received_at, id}, each with its messages and dispatches by route.';

create function public.read_audit(strategy text, after jsonb default '{}', at_most integer default 1000)
returns jsonb
language plpgsql
stable
security definer -- reads which messages wait
set search_path = ''
as $$
declare
  asked constant uuid := (private.strategy_called(strategy)).id;
  page_size constant integer := least(at_most, 1000);
begin
  return jsonb_build_object(
    'requests', private.audited_requests(asked, after -> 'request', page_size),
    'signals', private.audited_signals(asked, after -> 'signal', page_size),
    'counted_only', (
      select coalesce(jsonb_object_agg(outcome, count), '{}')
      from (
        select outcome, sum(count) as count from public.webhook_overflow
        where strategy_id = asked group by outcome) as counted),
    'auth_failures', (
      select coalesce(sum(count), 0) from public.auth_failures
      where strategy_id = asked));
end;
$$;

comment on function public.read_audit(text, jsonb, integer) is
  'Returns what is kept of a strategy''s alerts, at most at_most (1000) of each, oldest first: {requests, signals, '
  'counted_only: {outcome: count}, auth_failures}. For the next page, after is {request, signal}: of each the last '
  '{received_at, id} that was read.';

revoke execute on function
  private.audited_requests(uuid, jsonb, integer), private.sent_on(public.signals),
  private.audited_signals(uuid, jsonb, integer), public.read_audit(text, jsonb, integer)
from public, anon, authenticated, service_role;
grant execute on function public.read_audit(text, jsonb, integer) to service_role;
