-- The limits of a batch of alerts: locked and counted only where the batch may reach them.

create function private.near_limits(alerts private.alert[])
returns text[]
language plpgsql
volatile
set search_path = ''
as $$
begin
  -- Far from a limit no lock is needed: a hundred concurrent batches like this one, or ten full ones, cannot reach it.
  return array(
    select strategies.id::text
    from (select strategy_id, count(*) as count from unnest(alerts) group by strategy_id) as own
    join public.strategies on strategies.id = own.strategy_id
    where rate_limit_per_minute is not null
      and private.strategy_limit_left(strategies.id, rate_limit_per_minute) < 100 * own.count + 500
    union all
    select 'universal'
    from (select count(*) as count from unnest(alerts) where endpoint = 'universal') as own
    where own.count > 0 and private.universal_limit_left() < 100 * own.count + 500);
end;
$$;

comment on function private.near_limits(private.alert[]) is
  'Returns the limits that a batch may reach: ids of strategies, and universal. Their signals are to be counted by '
  'one batch at a time.';

create function private.lock_limits(limits text[])
returns text[]
language plpgsql
volatile
set search_path = ''
as $$
begin
  return array(
    select subject from unnest(lock_limits.limits) as subject
    where not pg_try_advisory_xact_lock(private.limit_lock(subject)));
end;
$$;

comment on function private.lock_limits(text[]) is
  'Locks limits without waiting. Returns those that another transaction has.';

create function private.alert_evidence(alert private.alert, decision private.decision)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.evidence(alert.correlation_id, decision.received_at,
    private.as_text(decode(alert.raw_body, 'base64')), decision.code);
end;
$$;

comment on function private.alert_evidence(private.alert, private.decision) is
  'Returns the evidence of an alert that is being ingested.';

create function private.report_limits(alerts private.alert[], decisions private.decision[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  perform private.open_incident(kind, strategy_id, '', private.alert_evidence(alerts[(newest).place], newest)
    || jsonb_build_object(
      'held', (
        select count(*) from (
          select from public.signals
          where signals.strategy_id = over.strategy_id and status = 'held'
          limit 1000) as held),
      'meaning', case kind
        when 'rate_limited' then 'More signals than rate_limit_per_minute: they are held'
        else 'No more signals can be held: they are refused, and lost' end),
    count)
  from (
    select case outcome when 'held' then 'rate_limited' else 'hold_full' end as kind, alert.strategy_id,
      count(*) as count, (array_agg(decision order by decision.received_at desc))[1] as newest
    from unnest(decisions) as decision
    join unnest(alerts) with ordinality as alert on alert.ordinality = decision.place
    where outcome = 'held'
      or outcome = 'limited' and not decision.is_exit
        and (select over_limit from public.strategies where id = alert.strategy_id) = 'hold'
    group by 1, 2) as over;

  -- Nothing is stored of it but its request.
  perform private.open_incident('exit_failed', alert.strategy_id, coalesce((alert.signal).symbol, ''),
    private.alert_evidence(alerts[decision.place], decision) || jsonb_build_object(
      'reason', 'rate_limited', 'symbol', (alert.signal).symbol, 'intent', (alert.signal).intent))
  from unnest(decisions) as decision
  join unnest(alerts) with ordinality as alert on alert.ordinality = decision.place
  where outcome = 'limited' and decision.is_exit;
end;
$$;

comment on function private.report_limits(private.alert[], private.decision[]) is
  'Opens an incident for each strategy of a batch whose signals are held, or cannot be held any more, and for exits '
  'beyond their bound.';

revoke execute on function
  private.near_limits(private.alert[]), private.lock_limits(text[]),
  private.alert_evidence(private.alert, private.decision),
  private.report_limits(private.alert[], private.decision[])
from public, anon, authenticated, service_role;
