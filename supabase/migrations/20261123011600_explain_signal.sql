create function public.explain_signal(name text, signal jsonb, endpoint text)
returns jsonb
language plpgsql
stable
security definer -- reads what ingest reads
set search_path = ''
as $$
declare
  strategy public.strategies := private.strategy_called(explain_signal.name);
  candidate public.signals := jsonb_populate_record(null::public.signals, explain_signal.signal);
  fact private.alert_facts;
  none constant private.admitted := (0, 0, 0);
  is_reduced boolean;
begin
  fact.status := private.effective_status(strategy.id);
  fact.action := candidate.action;
  fact.role := private.lane_role(candidate.action, candidate.intent);
  fact.over_limit := strategy.over_limit;
  fact.strategy_left := private.limit_left(strategy, explain_signal.endpoint);
  fact.exits_left := private.strategy_exits_left(strategy.id, strategy.rate_limit_per_minute);
  if explain_signal.endpoint = 'universal' then
    fact.universal_exits_left := private.universal_exits_left();
  end if;
  fact.held := (select count(*) from public.signals where strategy_id = strategy.id and status = 'held');
  is_reduced := fact.role = 'reverse' and fact.status = 'exits_only';
  if is_reduced then
    candidate := private.closing_half(candidate);
  end if;
  candidate.strategy_id := strategy.id;
  candidate.status := 'accepted';
  candidate.is_test := false;
  return jsonb_build_object(
    'outcome', private.admit(fact, none, none, is_reduced or private.is_exit(fact.role)),
    'status', fact.status,
    'reduced_to', case when is_reduced then candidate.intent end,
    'limit', strategy.rate_limit_per_minute,
    'left', fact.strategy_left,
    'held', fact.held,
    'routes', array(
      select label from unnest(private.match_routes(array[candidate]))
      where (route).kind <> 'queue' or private.queue_exists((route).target)));
end;
$$;

comment on function public.explain_signal(text, jsonb, text) is
  'Predicts what ingest would make of a signal now: {outcome, status, reduced_to, limit, left, held, routes}. outcome: '
  'accepted, held, suppressed, or limited; status: the strategy''s, as the router''s mode narrows it; reduced_to: the '
  'intent that is left of a reversal. Writes nothing.';

revoke execute on function public.explain_signal(text, jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.explain_signal(text, jsonb, text) to service_role;
