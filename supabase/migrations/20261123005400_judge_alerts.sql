-- A batch is judged in order, each alert as if those before it were stored already.

create function private.keys_to_reserve(fact private.alert_facts, signal_id uuid)
returns private.dedupe_keys[]
language sql
stable
set search_path = ''
as $$
  select array_agg((
    fact.strategy_id, key.kind, key.value, fact.body_digest, keys_to_reserve.signal_id, key.seconds, null
  )::private.dedupe_keys)
  from unnest(fact.keys) as key
  where key.seconds > 0;
$$;

comment on function private.keys_to_reserve(private.alert_facts, uuid) is
  'Returns the keys that a signal has from now on.';

create function private.look_in_batch(fact private.alert_facts, reserved private.dedupe_keys[])
returns private.alert_facts
language plpgsql
stable
set search_path = ''
as $$
declare
  known private.dedupe_keys;
begin
  select found.* into known
  from unnest(fact.keys) as key
  join unnest(reserved) as found
    on found.strategy_id = fact.strategy_id and found.kind = key.kind and found.value = key.value
  order by found.kind = 'jti' and found.body_digest <> fact.body_digest desc
  limit 1;
  if fact.duplicate_of is null or known.kind = 'jti' and known.body_digest <> fact.body_digest then
    fact.duplicate_kind := known.kind;
    fact.duplicate_of := known.signal_id;
    fact.same_body := known.body_digest = fact.body_digest;
  end if;
  return fact;
end;
$$;

comment on function private.look_in_batch(private.alert_facts, private.dedupe_keys[]) is
  'Completes the facts by what the signals before it in the batch have reserved.';

create type private.admitted as (
  accepted bigint,
  exits bigint,
  held bigint
);

comment on type private.admitted is 'Counts of a batch so far; accepted includes exits.';

create function private.admit(
  fact private.alert_facts, own private.admitted, universal private.admitted, is_exit boolean)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  if private.is_suppressed(fact.status, fact.action, fact.role) then
    return 'suppressed';
  elsif is_exit then
    -- Never held: a position would stay open.
    return case
      when coalesce(fact.exits_left > own.exits, true) and coalesce(fact.universal_exits_left > universal.exits, true)
        then 'accepted'
      else 'limited' end;
  -- While signals are held, new ones are held behind them.
  elsif fact.held + own.held = 0
    and coalesce(fact.strategy_left > own.accepted, true)
    and coalesce(fact.universal_left > universal.accepted, true)
  then
    return 'accepted';
  elsif fact.over_limit = 'reject' or fact.held + own.held >= 1000 then
    return 'limited';
  end if;
  return 'held';
end;
$$;

comment on function private.admit(private.alert_facts, private.admitted, private.admitted, boolean) is
  'Decides on a new signal after those of its batch: accepted, held (over the limit), suppressed (not to be sent on), '
  'or limited (refused: its strategy rejects what is over the limit, or holds 1000 signals already; an exit beyond the '
  'bound of exits).';

create function private.judge_alerts(alerts private.alert[])
returns private.decision[]
language plpgsql
volatile
set search_path = ''
as $$
declare
  fact private.alert_facts;
  decision private.decision;
  decisions private.decision[] := '{}';
  reserved private.dedupe_keys[] := '{}';
  none constant private.admitted := (0, 0, 0);
  universal private.admitted := none;
  strategies private.admitted[] := array_fill(none, array[cardinality(alerts)]);
  own private.admitted;
begin
  foreach fact in array private.gather_facts(alerts) loop
    if fact.is_repeated then
      fact := private.look_in_batch(fact, reserved);
    end if;
    decision := null;
    decision.place := fact.place;
    decision.is_signal := false;
    decision.stores_keys := false;
    decision.request_id := gen_random_uuid();
    decision.received_at := fact.received_at;
    decision.expires_at := fact.expires_at;
    decision.untouched_secret := fact.untouched_secret;
    if fact.is_locked then
      decision.outcome := 'locked';
    elsif fact.is_stale then
      decision.outcome := 'stale';
    elsif fact.refusal is not null then
      decision.outcome := 'refused';
      decision.request_outcome := fact.refusal ->> 'outcome';
      decision.code := fact.refusal ->> 'code';
    elsif fact.duplicate_kind = 'jti' and not fact.same_body then
      decision.outcome := 'token_reused';
    elsif fact.duplicate_of is not null then
      decision.outcome := 'duplicate';
      decision.request_outcome := 'duplicate';
      decision.code := case when fact.duplicate_kind = 'webhook_id' and not fact.same_body
        then 'duplicate_mismatch' end;
      decision.signal_id := fact.duplicate_of;
      -- Otherwise what another signature covers could be sent again, once this window is over.
      decision.stores_keys := fact.same_body;
    elsif fact.is_limit_locked then
      decision.outcome := 'locked';
    else
      own := strategies[fact.strategy_place];
      decision.is_reduced := fact.role = 'reverse' and fact.status = 'exits_only';
      decision.is_exit := decision.is_reduced or private.is_exit(fact.role);
      decision.outcome := private.admit(fact, own, universal, decision.is_exit);
      if decision.outcome = 'limited' then
        decision.request_outcome := 'refused';
        decision.code := 'rate_limited';
      else
        decision.request_outcome := decision.outcome;
        decision.is_signal := true;
        decision.stores_keys := true;
        decision.signal_id := gen_random_uuid();
      end if;
      own.held := own.held + (decision.outcome = 'held')::integer;
      if decision.outcome = 'accepted' then
        own.accepted := own.accepted + 1;
        own.exits := own.exits + decision.is_exit::integer;
        if fact.endpoint = 'universal' then
          universal.accepted := universal.accepted + 1;
          universal.exits := universal.exits + decision.is_exit::integer;
        end if;
      end if;
      strategies[fact.strategy_place] := own;
    end if;
    if fact.is_repeated and decision.stores_keys then
      reserved := reserved || private.keys_to_reserve(fact, decision.signal_id);
    end if;
    decisions := decisions || decision;
  end loop;
  return decisions;
end;
$$;

comment on function private.judge_alerts(private.alert[]) is
  'Decides on the alerts of a batch, in order: each as if those before it were stored already.';

revoke execute on function
  private.keys_to_reserve(private.alert_facts, uuid),
  private.look_in_batch(private.alert_facts, private.dedupe_keys[]),
  private.admit(private.alert_facts, private.admitted, private.admitted, boolean),
  private.judge_alerts(private.alert[])
from public, anon, authenticated, service_role;
