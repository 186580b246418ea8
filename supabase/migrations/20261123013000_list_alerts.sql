-- Alerts that arrived, newest first, for operators: requests, and failures of authentication by the minute.

create type private.listed_alert as (
  id text, received_at timestamptz, correlation_id uuid, strategy_id uuid, signal_id uuid, endpoint text, outcome text,
  code text, detail text, remote_ip inet, repaired boolean, duration_ms numeric, times bigint, excerpt text,
  searched text
);

create function private.requests_before(
  strategy_id uuid, at timestamptz, id text, quantity integer, is_searched boolean)
returns setof private.listed_alert
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_custom_plan -- the best index depends on whether a strategy is named
as $$
begin
  return query
  select request.id::text, received_at, correlation_id, request.strategy_id, signal_id, endpoint, outcome,
    code, coalesce(problem #>> '{errors,0,message}', problem ->> 'detail'), remote_ip, repaired, duration_ms, 1::bigint,
    left(private.as_text(substr(raw_body, 1, 160)), 160),
    case when is_searched then concat_ws(' ', private.as_text(raw_body), correlation_id, remote_ip, code, problem) end
  from public.webhook_requests as request
  where (requests_before.strategy_id is null or request.strategy_id = requests_before.strategy_id)
    and received_at <= requests_before.at
    and (received_at, request.id::text collate "C") < (requests_before.at, requests_before.id)
  order by received_at desc, request.id::text collate "C" desc
  limit requests_before.quantity;
end;
$$;

comment on function private.requests_before(uuid, timestamptz, text, integer, boolean) is
  'Returns the newest requests before a time and id, of one strategy or of all; is_searched: with all their text.';

create function private.failures_before(strategy_id uuid, at timestamptz, id text, quantity integer)
returns setof private.listed_alert
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
begin
  return query
  select 'failure-' || failure.id, bucket_start, (sample ->> 'correlation_id')::uuid, failure.strategy_id, null::uuid,
    endpoint, 'unauthenticated', reason, 'Asked for ' || (sample ->> 'name'), remote_ip, false, null::numeric, count,
    null::text, concat_ws(' ', sample, remote_ip, reason)
  from public.auth_failures as failure
  where (failures_before.strategy_id is null or failure.strategy_id = failures_before.strategy_id)
    and bucket_start <= failures_before.at
    and (bucket_start, ('failure-' || failure.id) collate "C") < (failures_before.at, failures_before.id)
  order by bucket_start desc, ('failure-' || failure.id) collate "C" desc
  limit failures_before.quantity;
end;
$$;

comment on function private.failures_before(uuid, timestamptz, text, integer) is
  'Returns the newest counts of auth_failures before a time and id, of one strategy or of all.';

create function private.alert_json(alert private.listed_alert)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(alert) - '{searched,strategy_id,signal_id}'::text[] || jsonb_build_object(
    'strategy', (select slug from public.strategies where id = alert.strategy_id),
    'signal', (
      select jsonb_build_object(
        'id', id, 'status', status, 'action', action, 'intent', intent, 'direction', direction, 'symbol', symbol,
        'quantity', quantity, 'price', price, 'is_test', is_test)
      from public.signals where id = alert.signal_id),
    'routes', (
      select coalesce(jsonb_agg(jsonb_build_object('route', route, 'outcome', outcome) order by route), '[]')
      from public.signal_outcomes
      where signal_id = alert.signal_id and route is not null and alert.outcome <> 'duplicate'));
$$;

comment on function private.alert_json(private.listed_alert) is
  'Returns an alert as list_alerts shows it: with its signal, and what became of it on each route.';

create function public.list_alerts(filter jsonb default '{}', before jsonb default '{}', quantity integer default 100)
returns jsonb
language plpgsql
stable
security definer -- joins the strategies' names
set search_path = ''
as $$
declare
  page_size constant integer := least(quantity, 500);
  is_searched constant boolean := filter ->> 'text' is not null;
  is_filtered constant boolean := filter ?| '{outcome,code,text}';
  examined constant integer := case when is_filtered then greatest(page_size, 2000) else page_size end;
  asked constant uuid := case when filter ->> 'strategy' is not null
    then (private.strategy_called(filter ->> 'strategy')).id end;
  at constant timestamptz := coalesce((before ->> 'received_at')::timestamptz, 'infinity');
  id constant text := coalesce(before ->> 'id', '~');
  requests constant private.listed_alert[] := array(
    select request from private.requests_before(asked, at, id, examined, is_searched) as request);
  failures constant private.listed_alert[] := array(
    select failure from private.failures_before(asked, at, id, examined) as failure);
  -- One of the two was not read any further back.
  horizon private.listed_alert := (
    select ends from unnest(requests[examined:] || failures[examined:]) as ends
    order by ends.received_at desc, ends.id collate "C" desc limit 1);
  shown private.listed_alert[];
begin
  shown := array(
    select alert
    from unnest(requests || failures) as alert
    where (horizon.id is null or (received_at, alert.id collate "C") >= (horizon.received_at, horizon.id))
      and (filter ->> 'outcome' is null or outcome = filter ->> 'outcome')
      and (filter ->> 'code' is null or code = filter ->> 'code')
      and (not is_searched or position(lower(filter ->> 'text') in lower(searched)) > 0)
    order by received_at desc, alert.id collate "C" desc
    limit page_size);
  if cardinality(shown) = page_size then
    horizon := shown[page_size];
  end if;
  return jsonb_build_object(
    'alerts', array(
      select private.alert_json(alert) from unnest(shown) as alert
      order by alert.received_at desc, alert.id collate "C" desc),
    'next', case when horizon.id is not null then
      jsonb_build_object('received_at', horizon.received_at, 'id', horizon.id) end);
end;
$$;

comment on function public.list_alerts(jsonb, jsonb, integer) is
  'Returns the newest alerts that fit a filter {strategy, outcome, code, text}, at most 500: {alerts, next}. A call '
  'examines 2000 rows at most, so it may find fewer, or none; next is the before of the call that goes on, null at the '
  'end. Failures of authentication are listed as they are counted (outcome unauthenticated, times).';

revoke execute on function
  private.requests_before(uuid, timestamptz, text, integer, boolean),
  private.failures_before(uuid, timestamptz, text, integer),
  private.alert_json(private.listed_alert), public.list_alerts(jsonb, jsonb, integer)
from public, anon, authenticated, service_role;
grant execute on function public.list_alerts(jsonb, jsonb, integer) to service_role;
