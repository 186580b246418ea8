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
begin
  candidate.strategy_id := strategy.id;
  candidate.status := 'accepted';
  candidate.is_test := false;
  return jsonb_build_object(
    'limit', strategy.rate_limit_per_minute,
    'left', private.limit_left(strategy, explain_signal.endpoint),
    'held', (select count(*) from public.signals where strategy_id = strategy.id and status = 'held'),
    'routes', array(
      select label from unnest(private.match_routes(array[candidate]))
      where (route).kind <> 'queue' or private.queue_exists((route).target)));
end;
$$;

comment on function public.explain_signal(text, jsonb, text) is
  'Predicts the outcome of a signal: {limit, left, held, routes}. Writes nothing.';

revoke execute on function public.explain_signal(text, jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.explain_signal(text, jsonb, text) to service_role;
