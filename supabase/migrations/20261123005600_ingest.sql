create function private.ingest_batch(alerts private.alert[])
returns jsonb
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  decisions private.decision[] := private.judge_alerts(alerts);
  decision private.decision;
  signals public.signals[];
  has_refusals boolean := false;
  is_over_limit boolean := false;
  has_keys boolean := false;
  untouched uuid[] := '{}';
begin
  foreach decision in array decisions loop
    has_refusals := has_refusals or decision.request_outcome is not null and not decision.is_signal;
    has_keys := has_keys or decision.stores_keys;
    is_over_limit := is_over_limit or decision.outcome in ('held', 'limited');
    if decision.untouched_secret is not null and decision.outcome not in ('stale', 'locked') then
      untouched := untouched || decision.untouched_secret;
    end if;
  end loop;

  signals := private.store_signals(alerts, decisions);
  if has_keys then
    perform private.reserve_keys(alerts, decisions);
  end if;
  perform private.record_requests(alerts, decisions, has_refusals);
  if is_over_limit then
    perform private.report_limits(alerts, decisions);
  end if;
  if untouched <> '{}' then
    perform private.touch_secrets(untouched);
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'outcome', outcome, 'signal_id', decision.signal_id, 'routes', signal.routes,
      'wake', nullif(exists (select from unnest(signal.routes) as label where label not like 'queue:%'), false)))
      order by place), '[]')
    from unnest(decisions) as decision
    left join unnest(signals) as signal on signal.request_id = decision.request_id);
end;
$$;

comment on function private.ingest_batch(private.alert[]) is
  'Ingests alerts, all or none. Returns their receipts, see ingest.';

create function private.ingest_singly(alerts jsonb)
returns jsonb
language plpgsql
volatile
set search_path = ''
as $$
declare
  receipts jsonb := '[]';
  element jsonb;
begin
  for element in select value from jsonb_array_elements(ingest_singly.alerts) loop
    begin
      receipts := receipts || private.ingest_batch(array[jsonb_populate_record(null::private.alert, element)]);
    exception when others then
      -- Without the message: type errors quote the sender's input.
      raise warning 'Cannot ingest alert %: %', element ->> 'correlation_id', sqlstate;
      receipts := receipts || '{"outcome": "failed"}';
    end;
  end loop;
  return receipts;
end;
$$;

comment on function private.ingest_singly(jsonb) is
  'Ingests alerts one by one, so that a bad one fails alone. Returns their receipts, see ingest.';

create function public.ingest(alerts jsonb, urls jsonb default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
set statement_timeout = '1800ms' -- applied by PostgREST; TradingView gives up after 3 s
set lock_timeout = '500ms'
set plan_cache_mode = 'force_generic_plan' -- to plan for each batch anew would take longer than to run
as $$
declare
  receipts jsonb;
begin
  begin
    receipts := private.ingest_batch(array(
      select alert from jsonb_populate_recordset(null::private.alert, ingest.alerts) as alert));
  exception when others then
    receipts := private.ingest_singly(ingest.alerts);
  end;

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
  'accepted|held|suppressed|limited|duplicate|refused|stale|locked|token_reused|failed, signal_id?, routes?, wake?}. '
  'wake: a dispatch waits. stale: judged by an outdated catalog or clock, or too late, and not ingested; reload and '
  'judge again. locked: another transaction has its strategy, key or limit; try again. failed: nothing of this alert '
  'was stored.';

revoke execute on function
  private.ingest_batch(private.alert[]), private.ingest_singly(jsonb), public.ingest(jsonb, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.ingest(jsonb, jsonb) to service_role;
