create function private.store_signal(
  alert private.alert, strategy public.strategies, status text, signal_id uuid, request_id uuid,
  received_at timestamptz)
returns public.signals
language plpgsql
volatile
set search_path = ''
as $$
declare
  signal public.signals := alert.signal;
  routes public.routes[];
begin
  signal.id := store_signal.signal_id;
  signal.strategy_id := strategy.id;
  signal.request_id := store_signal.request_id;
  signal.correlation_id := alert.correlation_id;
  signal.endpoint := alert.endpoint;
  signal.status := store_signal.status;
  signal.accepted_at := case store_signal.status when 'accepted' then clock_timestamp() end;
  signal.received_at := store_signal.received_at;
  signal.expires_at := store_signal.received_at + strategy.max_signal_age;
  signal.is_test := coalesce(signal.is_test, false);
  signal.payload := alert.payload::jsonb;
  signal.recorded_in := pg_current_xact_id();
  routes := private.skip_missing_queues(private.routes_for(signal), strategy.id);
  signal.routes := array(select private.route_label(route) from unnest(routes) as route);

  insert into public.signals select (signal).*;
  perform private.send_signal(signal, routes, strategy.slug, signal.expires_at);
  return signal;
end;
$$;

comment on function private.store_signal(private.alert, public.strategies, text, uuid, uuid, timestamptz) is
  'Stores a signal and sends it on its routes, in the caller''s transaction.';

create function private.ingest_one(alert private.alert, out receipt jsonb, out overflow public.webhook_overflow)
language plpgsql
volatile
set search_path = ''
as $$
declare
  request_id uuid := gen_random_uuid();
  signal_id uuid := gen_random_uuid();
  -- The database's clock, which is the same for all isolates.
  received_at timestamptz := clock_timestamp() - make_interval(secs => alert.elapsed_ms / 1000);
  strategy public.strategies;
  known record;
  signal public.signals;
  admission text;
begin
  select * into strategy from public.strategies where id = alert.strategy_id;
  if private.is_stale(alert, strategy) then
    receipt := '{"outcome": "stale"}';
    return;
  end if;
  perform private.touch_secret(alert.secret_id);

  if alert.refusal is not null then
    overflow := private.record_request(
      alert, request_id, received_at, alert.refusal ->> 'outcome', alert.refusal ->> 'code', null);
    receipt := '{"outcome": "refused"}';
    return;
  end if;

  select * into known from private.find_duplicate(strategy.id, alert.keys, alert.body_digest);
  if not found then
    admission := private.admit(strategy, alert.endpoint);
    if admission = 'limited' then
      overflow := private.record_request(alert, request_id, received_at, 'refused', 'rate_limited', null);
      receipt := '{"outcome": "limited"}';
      return;
    end if;
  end if;
  if known.signal_id is null and not private.reserve_keys(strategy.id, alert.keys, alert.body_digest, signal_id) then
    -- A concurrent alert reserved the key first. It has committed, so its key can be found.
    select * into strict known from private.find_duplicate(strategy.id, alert.keys, alert.body_digest);
  end if;

  if known.signal_id is not null then
    if known.kind = 'jti' and not known.same_body then
      receipt := '{"outcome": "token_reused"}';
      return;
    end if;
    overflow := private.record_request(
      alert, request_id, received_at, 'duplicate',
      case when not known.same_body and known.kind = 'webhook_id' then 'duplicate_mismatch' end, known.signal_id);
    receipt := jsonb_build_object('outcome', 'duplicate', 'signal_id', known.signal_id);
    return;
  end if;

  signal := private.store_signal(alert, strategy, admission, signal_id, request_id, received_at);
  perform private.record_request(alert, request_id, received_at, signal.status, null, signal.id);
  receipt := jsonb_strip_nulls(jsonb_build_object(
    'outcome', signal.status, 'signal_id', signal.id, 'routes', to_jsonb(signal.routes),
    'wake', nullif(exists (select from unnest(signal.routes) as label where label !~ '^queue:'), false)));
end;
$$;

comment on function private.ingest_one(private.alert) is
  'Ingests one alert. Returns its receipt, see ingest, and what to count if its request has no row, see '
  'record_request.';

create function public.ingest(alerts jsonb, urls jsonb default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
set statement_timeout = '1800ms' -- applied by PostgREST; TradingView gives up after 3 s
set lock_timeout = '500ms'
as $$
declare
  receipts jsonb := '[]';
  overflow public.webhook_overflow[] := '{}';
  element jsonb;
  done record;
begin
  perform private.lock_keys(ingest.alerts);
  perform private.lock_limits(ingest.alerts);
  for element in select value from jsonb_array_elements(ingest.alerts) loop
    -- A bad alert fails alone.
    begin
      select * into strict done from private.ingest_one(jsonb_populate_record(null::private.alert, element));
      receipts := receipts || done.receipt;
      overflow := array_append(overflow, done.overflow);
    exception when others then
      -- Without the message: type errors quote the sender's input.
      raise warning 'Cannot ingest alert %: %', element ->> 'correlation_id', sqlstate;
      receipts := receipts || '{"outcome": "failed"}';
    end;
  end loop;
  perform private.count_overflow(overflow);

  if ingest.urls is not null then
    begin
      perform private.save_urls(ingest.urls ->> 'detected_url', ingest.urls ->> 'internal_url', overwrite => false);
    exception when lock_not_available then
      null; -- an operator is editing the catalog; the next alert reports the URLs again
    end;
  end if;
  return receipts;
end;
$$;

comment on function public.ingest(jsonb, jsonb) is
  'Ingests authenticated alerts (private.alert) in one transaction, in order: looks up dedupe keys, records requests '
  'and signals, sends the signals on their routes. Returns one receipt per alert, in order: {outcome: '
  'accepted|held|suppressed|limited|duplicate|refused|stale|token_reused|failed, signal_id?, routes?, wake?}. wake: a '
  'dispatch waits. stale: judged by an outdated catalog and not ingested; reload and judge again. failed: nothing of '
  'this alert was stored.';

revoke execute on function
  private.store_signal(private.alert, public.strategies, text, uuid, uuid, timestamptz),
  private.ingest_one(private.alert), public.ingest(jsonb, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.ingest(jsonb, jsonb) to service_role;
