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

create function private.judged_on_old_cache(alert jsonb, strategy public.strategies)
returns boolean
language sql
volatile -- sees what was committed while this transaction waited
set search_path = ''
as $$
  select
    (alert ->> 'settings_version')::bigint is distinct from (select version from public.router_settings)
    or case when alert ->> 'strategy_id' is null
      then (alert ->> 'catalog_version')::bigint is distinct from (select version from private.catalog)
      else (alert ->> 'strategy_version')::bigint is distinct from strategy.version
      end
    -- A secret's end is judged by the database's clock alone.
    or (alert ->> 'secret_id' is not null and not exists (
      select from private.secrets
      where id = (alert ->> 'secret_id')::uuid
        and (strategy_id is null or strategy_id = strategy.id)
        and (expires_at is null or expires_at > clock_timestamp())));
$$;

comment on function private.judged_on_old_cache(jsonb, public.strategies) is
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
  delete from private.dedupe_keys
  using jsonb_to_recordset(claim_keys.keys) as key (kind text, value text)
  where dedupe_keys.strategy_id = claim_keys.strategy_id
    and dedupe_keys.kind = key.kind and dedupe_keys.value = key.value
    and dedupe_keys.signal_id = claim_keys.signal_id;
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
      and received_at > now() - interval '1 minute' -- not clock_timestamp(): the index could not use it
    limit 600) as recent;
$$;

comment on function private.recent_refusals(uuid) is 'Kept requests of the last minute that made no signal; counts to 600.';

create function private.record_request(
  alert jsonb, request_id uuid, received_at timestamptz, outcome text, code text, signal_id uuid)
returns boolean
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
    return false;
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
    nullif(alert #> '{refusal,problem}', 'null'),
    alert ->> 'auth_method',
    (alert ->> 'remote_ip')::inet,
    coalesce((alert ->> 'repaired')::boolean, false),
    case when recent < 60 then decode(alert ->> 'raw_body', 'base64') end,
    record_request.received_at,
    extract(epoch from clock_timestamp() - record_request.received_at) * 1000);
  return true;
end;
$$;

comment on function private.record_request(jsonb, uuid, timestamptz, text, text, uuid) is
  'Writes the audit row of a request. Of what made no signal, 60 a minute per strategy keep their body; beyond 600 there is no row: false, count it.';

create function private.store_signal(
  alert jsonb, strategy public.strategies, status text, signal_id uuid, request_id uuid, received_at timestamptz)
returns public.signals
language plpgsql
volatile
set search_path = ''
as $$
declare
  signal public.signals := jsonb_populate_record(null::public.signals, alert -> 'signal');
  routes public.routes[];
begin
  signal.id := store_signal.signal_id;
  signal.strategy_id := strategy.id;
  signal.request_id := store_signal.request_id;
  signal.correlation_id := (alert ->> 'correlation_id')::uuid;
  signal.endpoint := alert ->> 'endpoint';
  signal.status := store_signal.status;
  signal.accepted_at := case store_signal.status when 'accepted' then clock_timestamp() end;
  signal.received_at := store_signal.received_at;
  signal.expires_at := store_signal.received_at + strategy.max_signal_age;
  signal.is_test := coalesce(signal.is_test, false);
  signal.payload := (alert ->> 'payload')::jsonb;
  signal.recorded_in := pg_current_xact_id();
  routes := private.routes_for(signal);
  signal.routes := array(select private.route_label(route) from unnest(routes) as route);

  insert into public.signals select (signal).*;
  perform private.send_signal(signal, routes, strategy.slug, signal.expires_at);
  return signal;
end;
$$;

comment on function private.store_signal(jsonb, public.strategies, text, uuid, uuid, timestamptz) is
  'Stores the signal and sends it on its routes, in the caller''s transaction.';

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
  keys jsonb := alert -> 'keys';
  digest text := alert ->> 'body_digest';
  strategy public.strategies;
  known record;
  signal public.signals;
  admission text;
  kept boolean;
begin
  select * into strategy from public.strategies where id = (alert ->> 'strategy_id')::uuid;
  if private.judged_on_old_cache(alert, strategy) then
    return '{"outcome": "stale"}';
  end if;
  perform private.note_secret_use((alert ->> 'secret_id')::uuid);

  if alert ? 'refusal' then
    kept := private.record_request(
      alert, request_id, received_at, alert #>> '{refusal,outcome}', alert #>> '{refusal,code}', null);
    return jsonb_strip_nulls(jsonb_build_object('outcome', 'refused', 'kept', nullif(kept, true)));
  end if;

  select * into known from private.find_duplicate(strategy.id, keys, digest);
  if not found then
    admission := private.admit(strategy, alert ->> 'endpoint');
    if admission = 'limited' then
      kept := private.record_request(alert, request_id, received_at, 'refused', 'rate_limited', null);
      return jsonb_strip_nulls(jsonb_build_object('outcome', 'limited', 'kept', nullif(kept, true)));
    end if;
  end if;
  if known.signal_id is null and not private.claim_keys(strategy.id, keys, digest, signal_id) then
    -- Lost the race: the winner has committed, so its key is there to be found.
    select * into strict known from private.find_duplicate(strategy.id, keys, digest);
  end if;

  if known.signal_id is not null then
    if known.kind = 'jti' and not known.same_body then
      return '{"outcome": "token_reused"}';
    end if;
    kept := private.record_request(
      alert, request_id, received_at, 'duplicate',
      case when not known.same_body and known.kind = 'webhook_id' then 'duplicate_mismatch' end, known.signal_id);
    return jsonb_strip_nulls(jsonb_build_object(
      'outcome', 'duplicate', 'signal_id', known.signal_id, 'kept', nullif(kept, true)));
  end if;

  signal := private.store_signal(alert, strategy, admission, signal_id, request_id, received_at);
  perform private.record_request(alert, request_id, received_at, signal.status, null, signal.id);
  return jsonb_strip_nulls(jsonb_build_object(
    'outcome', signal.status, 'signal_id', signal.id, 'routes', to_jsonb(signal.routes),
    'wake', nullif(exists (select from unnest(signal.routes) as label where label !~ '^queue:'), false)));
end;
$$;

comment on function private.ingest_one(jsonb) is
  'Looks up the key, records request and signal, sends it on its routes. Returns what became of it, see ingest; kept: false if there is no audit row.';

create function private.lock_keys(alerts jsonb)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  lock_id bigint;
begin
  for lock_id in
    select distinct hashtextextended(concat_ws(':', alert ->> 'strategy_id', key ->> 'kind', key ->> 'value'), 0)
    from jsonb_array_elements(lock_keys.alerts) as alert, jsonb_path_query(alert, '$.keys[*]') as key
    order by 1
  loop
    begin
      perform pg_advisory_xact_lock(lock_id);
    exception when lock_not_available then
      null; -- its own alert will wait for the row, and fail alone
    end;
  end loop;
end;
$$;

comment on function private.lock_keys(jsonb) is
  'Takes the locks of all keys of a batch, in one order everywhere, so that its alerts can then be stored in the order they came.';

create function private.count_overflow(alerts jsonb, receipts jsonb)
returns void
language sql
volatile
set search_path = ''
as $$
  insert into public.webhook_overflow as bucket (bucket_start, strategy_id, outcome, code, count)
  select date_trunc('minute', clock_timestamp()), (alert ->> 'strategy_id')::uuid,
    coalesce(alert #>> '{refusal,outcome}', case receipt ->> 'outcome' when 'limited' then 'refused' else receipt ->> 'outcome' end),
    coalesce(alert #>> '{refusal,code}', case receipt ->> 'outcome' when 'limited' then 'rate_limited' end), count(*)
  from jsonb_array_elements(count_overflow.alerts) with ordinality as given (alert, place)
  join jsonb_array_elements(count_overflow.receipts) with ordinality as answered (receipt, place) using (place)
  where receipt -> 'kept' = 'false'
  group by 1, 2, 3, 4
  order by 1, 2, 3, 4 -- the same order everywhere, so that two batches cannot deadlock
  on conflict on constraint webhook_overflow_one_row_per_bucket do update set count = bucket.count + excluded.count;
$$;

comment on function private.count_overflow(jsonb, jsonb) is 'Counts the requests of a batch that got no audit row.';

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
  receipts jsonb[] := '{}';
  alert jsonb;
begin
  perform private.lock_keys(ingest.alerts);
  perform private.lock_limits(ingest.alerts);
  for alert in select value from jsonb_array_elements(ingest.alerts) loop
    -- One bad alert never fails its neighbours.
    begin
      receipts := receipts || private.ingest_one(alert);
    exception when others then
      -- Not the message: a type error quotes what the sender wrote.
      raise warning 'Cannot ingest alert %: %', alert ->> 'correlation_id', sqlstate;
      receipts := receipts || '{"outcome": "failed"}'::jsonb;
    end;
  end loop;
  perform private.count_overflow(ingest.alerts, to_jsonb(receipts));

  if ingest.urls is not null then
    begin
      perform private.learn_urls(ingest.urls ->> 'detected_url', ingest.urls ->> 'internal_url', overwrite => false);
    exception when lock_not_available then
      null; -- somebody is editing the catalog: the next alert tells again
    end;
  end if;
  return to_jsonb(receipts);
end;
$$;

comment on function public.ingest(jsonb, jsonb) is
  'Takes authenticated alerts in one transaction, in order: looks up dedupe keys, records requests and signals, sends them on their routes. Returns one receipt per alert, in order: {outcome: accepted|held|suppressed|limited|duplicate|refused|stale|token_reused|failed, signal_id?, routes?, wake?}. wake: dispatches wait. stale: judged on an old cache, nothing was done; reload and judge again. failed: nothing of this alert was stored.';

revoke execute on function
  private.judged_on_old_cache(jsonb, public.strategies), private.find_duplicate(uuid, jsonb, text),
  private.claim_keys(uuid, jsonb, text, uuid), private.recent_refusals(uuid),
  private.record_request(jsonb, uuid, timestamptz, text, text, uuid),
  private.store_signal(jsonb, public.strategies, text, uuid, uuid, timestamptz), private.ingest_one(jsonb),
  private.lock_keys(jsonb), private.count_overflow(jsonb, jsonb), public.ingest(jsonb, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.ingest(jsonb, jsonb) to service_role;
