create table private.dedupe_keys (
  strategy_id uuid not null references public.strategies on delete cascade,
  kind text not null
    constraint dedupe_keys_kind_is_known check (kind in ('webhook_id', 'jti', 'external_id', 'body')),
  value text not null,
  body_digest text not null,
  signal_id uuid not null,
  expires_at timestamptz not null,
  -- This constraint settles the race of two equal alerts.
  constraint dedupe_keys_once_per_strategy primary key (strategy_id, kind, value)
);

comment on table private.dedupe_keys is
  'By what an alert is known again. Written only together with a stored signal, so a refused alert spends no key. Not partitioned: the primary key must hold over all.';
comment on column private.dedupe_keys.body_digest is 'SHA-256 of the raw body, in hex: another body under the same id is told apart.';

create index dedupe_keys_expires_at on private.dedupe_keys (expires_at);

select private.deny_clients('{private.dedupe_keys}');

create function private.judged_on_old_cache(alert jsonb)
returns boolean
language sql
volatile -- sees what was committed while this transaction waited
set search_path = ''
as $$
  select
    (alert ->> 'settings_version')::bigint is distinct from (select version from public.router_settings)
    or case when alert ->> 'strategy_id' is null
      then (alert ->> 'catalog_version')::bigint is distinct from (select version from private.catalog)
      else (alert ->> 'strategy_version')::bigint is distinct from
        (select version from public.strategies where id = (alert ->> 'strategy_id')::uuid)
      end
    -- A secret's end is judged by the database's clock alone.
    or (alert ->> 'secret_id' is not null and not exists (
      select from private.secrets
      where id = (alert ->> 'secret_id')::uuid
        and (expires_at is null or expires_at > clock_timestamp())));
$$;

comment on function private.judged_on_old_cache(jsonb) is
  'Whether the function that judged this alert saw older settings, an older strategy, or a secret that has ended.';

create function private.find_duplicate(strategy_id uuid, keys jsonb, body_digest text)
returns table (kind text, signal_id uuid, same_body boolean)
language sql
volatile -- sees the row that the lost race was about
set search_path = ''
as $$
  select known.kind, known.signal_id, known.body_digest = find_duplicate.body_digest
  from jsonb_to_recordset(find_duplicate.keys) as key (kind text, value text)
  join private.dedupe_keys as known
    on known.strategy_id = find_duplicate.strategy_id
    and known.kind = key.kind
    and known.value = key.value
    and known.expires_at > clock_timestamp()
  -- A token used for two bodies is the worst that can be found.
  order by known.kind = 'jti' and known.body_digest <> find_duplicate.body_digest desc
  limit 1;
$$;

comment on function private.find_duplicate(uuid, jsonb, text) is 'The live key under which this alert is known already, if any.';

create function private.claim_keys(strategy_id uuid, keys jsonb, body_digest text, signal_id uuid)
returns boolean
language plpgsql
volatile
set search_path = ''
as $$
declare
  claimed integer;
begin
  insert into private.dedupe_keys as known (strategy_id, kind, value, body_digest, signal_id, expires_at)
  select claim_keys.strategy_id, key.kind, key.value, claim_keys.body_digest, claim_keys.signal_id,
    clock_timestamp() + make_interval(secs => key.seconds)
  from jsonb_to_recordset(claim_keys.keys) as key (kind text, value text, seconds double precision)
  order by key.kind, key.value -- the same order everywhere, so that two transactions cannot deadlock
  on conflict on constraint dedupe_keys_once_per_strategy do update set
    body_digest = excluded.body_digest, signal_id = excluded.signal_id, expires_at = excluded.expires_at
  where known.expires_at <= clock_timestamp();
  get diagnostics claimed = row_count;

  if claimed = jsonb_array_length(claim_keys.keys) then
    return true;
  end if;
  delete from private.dedupe_keys where dedupe_keys.signal_id = claim_keys.signal_id
    and dedupe_keys.strategy_id = claim_keys.strategy_id;
  return false;
end;
$$;

comment on function private.claim_keys(uuid, jsonb, text, uuid) is
  'Takes all keys for a signal, or none: false if another transaction has one of them.';

create function private.recent_refusals(strategy_id uuid)
returns bigint
language sql
volatile
set search_path = ''
as $$
  select count(*)
  from (
    select from public.webhook_requests
    where coalesce(webhook_requests.strategy_id, '00000000-0000-0000-0000-000000000000')
        = coalesce(recent_refusals.strategy_id, '00000000-0000-0000-0000-000000000000')
      and outcome in ('duplicate', 'invalid', 'refused')
      and received_at > clock_timestamp() - interval '1 minute'
    limit 600) as recent;
$$;

comment on function private.recent_refusals(uuid) is 'Kept requests of the last minute that made no signal; counts to 600.';

create function private.record_request(
  alert jsonb, request_id uuid, received_at timestamptz, outcome text, code text, signal_id uuid)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  is_signal boolean := record_request.outcome in ('accepted', 'held', 'suppressed');
  recent bigint := case when is_signal then 0 else private.recent_refusals((alert ->> 'strategy_id')::uuid) end;
begin
  -- A sender gone wild must not fill the database.
  if recent >= 600 then
    insert into public.webhook_overflow as bucket (bucket_start, strategy_id, outcome, code, count)
    values (date_trunc('minute', record_request.received_at), (alert ->> 'strategy_id')::uuid,
      record_request.outcome, record_request.code, 1)
    on conflict on constraint webhook_overflow_one_row_per_bucket do update set count = bucket.count + 1;
    return;
  end if;

  insert into public.webhook_requests (
    id, correlation_id, strategy_id, signal_id, endpoint, outcome, code, problem,
    auth_method, remote_ip, repaired, raw_body, received_at, duration_ms)
  values (
    record_request.request_id,
    (alert ->> 'correlation_id')::uuid,
    (alert ->> 'strategy_id')::uuid,
    record_request.signal_id,
    alert ->> 'endpoint',
    record_request.outcome,
    record_request.code,
    alert #> '{refusal,problem}',
    alert ->> 'auth_method',
    (alert ->> 'remote_ip')::inet,
    coalesce((alert ->> 'repaired')::boolean, false),
    case when recent < 60 then decode(alert ->> 'raw_body', 'base64') end,
    record_request.received_at,
    extract(epoch from clock_timestamp() - record_request.received_at) * 1000);
end;
$$;

comment on function private.record_request(jsonb, uuid, timestamptz, text, text, uuid) is
  'Writes the audit row of a request. Of what made no signal, 60 a minute per strategy keep their body, and beyond 600 they are only counted.';

create function private.queues_of(strategy_id uuid)
returns text[]
language plpgsql
volatile
set search_path = ''
as $$
declare
  queues text[] := array(
    select target from public.routes
    where enabled and kind = 'queue'
      and (routes.strategy_id = queues_of.strategy_id or routes.strategy_id is null)
    group by target
    order by target);
  queue text;
begin
  -- A queue that was dropped by hand must not fail the alert.
  foreach queue in array queues loop
    if to_regclass(format('pgmq.%I', 'q_' || queue)) is null then
      queues := array_remove(queues, queue);
      perform private.open_incident('route_down', queues_of.strategy_id, 'queue:' || queue,
        jsonb_build_object('reason', 'The queue does not exist',
          'remedy', format('select pgmq.create(%L)', queue)));
    end if;
  end loop;
  return queues;
end;
$$;

comment on function private.queues_of(uuid) is 'The queues that a strategy''s signals go to. A missing one opens an incident and is left out.';

create function private.store_signal(
  alert jsonb, strategy public.strategies, signal_id uuid, request_id uuid, received_at timestamptz)
returns public.signals
language plpgsql
volatile
set search_path = ''
as $$
declare
  canonical jsonb := alert -> 'signal';
  is_test boolean := coalesce((canonical ->> 'is_test')::boolean, false);
  queues text[] := case
    when strategy.status = 'active' and not is_test then private.queues_of(strategy.id) else '{}' end;
  signal public.signals;
begin
  insert into public.signals (
    id, strategy_id, request_id, correlation_id, status, action, direction, symbol, exchange,
    quantity, price, confidence, timeframe, fired_at, received_at, expires_at, external_id,
    is_test, routes, payload)
  values (
    store_signal.signal_id, strategy.id, store_signal.request_id, (alert ->> 'correlation_id')::uuid,
    case strategy.status when 'paused' then 'suppressed' else 'accepted' end,
    canonical ->> 'action', canonical ->> 'direction', canonical ->> 'symbol', canonical ->> 'exchange',
    (canonical ->> 'quantity')::numeric, (canonical ->> 'price')::numeric, (canonical ->> 'confidence')::numeric,
    canonical ->> 'timeframe', (canonical ->> 'fired_at')::timestamptz,
    store_signal.received_at, store_signal.received_at + strategy.max_signal_age,
    canonical ->> 'external_id', is_test,
    array(select 'queue:' || queue from unnest(queues) as queue),
    (alert ->> 'payload')::jsonb)
  returning * into signal;

  perform pgmq.send(queue, message)
  from unnest(queues) as queue,
    lateral (select private.signal_message(signal, strategy.slug)) as made (message);
  return signal;
end;
$$;

comment on function private.store_signal(jsonb, public.strategies, uuid, uuid, timestamptz) is
  'Stores the signal and sends it to its queues, in the caller''s transaction.';

create function private.ingest_one(alert jsonb)
returns jsonb
language plpgsql
volatile
set search_path = ''
as $$
declare
  request_id uuid := gen_random_uuid();
  signal_id uuid := gen_random_uuid();
  -- One clock for all: the database's. The function says how long it has had the alert.
  received_at timestamptz := clock_timestamp() - make_interval(secs => (alert ->> 'elapsed_ms')::double precision / 1000);
  strategy public.strategies;
  known record;
  signal public.signals;
begin
  if private.judged_on_old_cache(alert) then
    return '{"outcome": "stale"}';
  end if;

  perform private.note_secret_use((alert ->> 'secret_id')::uuid);

  if alert ? 'refusal' then
    perform private.record_request(
      alert, request_id, received_at, alert #>> '{refusal,outcome}', alert #>> '{refusal,code}', null);
    return '{"outcome": "refused"}';
  end if;

  select * into strict strategy from public.strategies where id = (alert ->> 'strategy_id')::uuid;

  select * into known from private.find_duplicate(strategy.id, alert -> 'keys', alert ->> 'body_digest');
  if not found and not private.claim_keys(strategy.id, alert -> 'keys', alert ->> 'body_digest', signal_id) then
    -- Lost the race: the winner has committed, so its key is there to be found.
    select * into strict known from private.find_duplicate(strategy.id, alert -> 'keys', alert ->> 'body_digest');
  end if;

  if known.signal_id is not null then
    if known.kind = 'jti' and not known.same_body then
      return '{"outcome": "token_reused"}';
    end if;
    perform private.record_request(
      alert, request_id, received_at, 'duplicate',
      case when not known.same_body and known.kind = 'webhook_id' then 'duplicate_mismatch' end, known.signal_id);
    return jsonb_build_object('outcome', 'duplicate', 'signal_id', known.signal_id);
  end if;

  signal := private.store_signal(alert, strategy, signal_id, request_id, received_at);
  perform private.record_request(alert, request_id, received_at, signal.status, null, signal.id);
  return jsonb_build_object('outcome', signal.status, 'signal_id', signal.id, 'routes', to_jsonb(signal.routes));
end;
$$;

comment on function private.ingest_one(jsonb) is
  'Looks up the key, records request and signal, sends to the queues. Returns what became of it; see ingest.';

create function private.signal_message(signal public.signals, strategy text)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object('signal_id', signal.id, 'strategy', signal_message.strategy)
    || (to_jsonb(signal) - array['id', 'strategy_id', 'request_id', 'status', 'routes']);
$$;

comment on function private.signal_message(public.signals, text) is
  'A signal as workers get it: signal_id, correlation_id, strategy (slug), the canonical fields, payload, expires_at.';

create function public.ingest(alerts jsonb, urls jsonb default null)
returns jsonb
language plpgsql
volatile
security definer -- functions reach the tables through this function only
set search_path = ''
set statement_timeout = '1800ms' -- TradingView gives up after 3 s; PostgREST applies this to the call
set lock_timeout = '500ms'
as $$
declare
  receipts jsonb := '{}';
  receipt jsonb;
  alert record;
begin
  for alert in
    select position - 1 as place, value as json
    from jsonb_array_elements(ingest.alerts) with ordinality as given (value, position)
    order by value ->> 'strategy_id', value #>> '{keys,0,kind}', value #>> '{keys,0,value}'
  loop
    -- One bad alert never fails its neighbours.
    begin
      receipt := private.ingest_one(alert.json);
    exception when others then
      raise warning 'Cannot ingest alert %: % (%)', alert.json ->> 'correlation_id', sqlerrm, sqlstate;
      receipt := '{"outcome": "failed"}';
    end;
    receipts := receipts || jsonb_build_object(alert.place, receipt);
  end loop;

  if ingest.urls is not null then
    perform private.learn_urls(ingest.urls ->> 'detected_url', ingest.urls ->> 'internal_url', overwrite => false);
  end if;

  return (select coalesce(jsonb_agg(value order by key::integer), '[]') from jsonb_each(receipts));
end;
$$;

comment on function public.ingest(jsonb, jsonb) is
  'Takes authenticated alerts in one transaction: looks up dedupe keys, records requests and signals, sends to queues. Returns one receipt per alert, in order: {outcome: accepted|suppressed|duplicate|refused|stale|token_reused|failed, signal_id?, routes?}. stale: judged on an old cache, nothing was done; reload and judge again. failed: nothing of this alert was stored.';

grant execute on function public.ingest(jsonb, jsonb) to service_role;
