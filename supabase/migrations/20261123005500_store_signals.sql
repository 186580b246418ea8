create function private.end_held(closes public.signals[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  update public.signals as entry set status = 'suppressed', cancelled_by = closing.id
  from unnest(end_held.closes) as closing
  where entry.strategy_id = closing.strategy_id and entry.status = 'held'
    and coalesce(entry.symbol, '') = coalesce(closing.symbol, '') and entry.received_at < closing.received_at
    and private.cancels(
      private.lane_role(closing.action, closing.intent), private.lane_role(entry.action, entry.intent));
end;
$$;

comment on function private.end_held(public.signals[]) is
  'Ends the held signals that these closes cancel: they would open what was closed.';

create function private.store_signals(alerts private.alert[], decisions private.decision[])
returns public.signals[]
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  signals public.signals[] := '{}';
  closes public.signals[] := '{}';
  signal public.signals;
  decision private.decision;
  alert private.alert;
  ids uuid[];
  sendings private.sending[];
  sending private.sending;
  place integer;
  has_missing boolean := false;
begin
  foreach decision in array decisions loop
    continue when not decision.is_signal;
    alert := alerts[decision.place];
    signal := alert.signal;
    signal.id := decision.signal_id;
    signal.strategy_id := alert.strategy_id;
    signal.request_id := decision.request_id;
    signal.correlation_id := alert.correlation_id;
    signal.endpoint := alert.endpoint;
    signal.status := decision.outcome;
    signal.accepted_at := case decision.outcome when 'accepted' then clock_timestamp() end;
    signal.received_at := decision.received_at;
    signal.expires_at := decision.expires_at;
    signal.is_test := coalesce(signal.is_test, false);
    signal.routes := '{}';
    signal.payload := alert.payload::jsonb;
    signal.recorded_in := pg_current_xact_id();
    if decision.is_reduced then
      signal := private.closing_half(signal);
    end if;
    if signal.status = 'accepted' and private.is_close(private.lane_role(signal.action, signal.intent)) then
      closes := closes || signal;
    end if;
    signals := signals || signal;
    ids := ids || signal.id;
  end loop;
  if signals = '{}' then
    return signals;
  end if;

  sendings := private.match_routes(signals);
  foreach sending in array sendings loop
    if sending.is_missing then
      has_missing := true;
    else
      place := array_position(ids, (sending.signal).id);
      signals[place].routes := signals[place].routes || sending.label;
    end if;
  end loop;
  if has_missing then
    sendings := private.skip_missing_queues(sendings);
  end if;
  insert into public.signals select * from unnest(signals);
  if closes <> '{}' then
    perform private.end_held(closes);
  end if;
  if sendings <> '{}' then
    perform private.send(sendings);
  end if;
  return signals;
end;
$$;

comment on function private.store_signals(private.alert[], private.decision[]) is
  'Stores the signals of a batch and sends them on their routes, in the caller''s transaction. Returns them.';

revoke execute on function
  private.end_held(public.signals[]), private.store_signals(private.alert[], private.decision[])
from public, anon, authenticated, service_role;
