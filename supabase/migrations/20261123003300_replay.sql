create function private.replay_targets(
  signal_ids uuid[], strategy_id uuid, from_time timestamptz, to_time timestamptz, status text)
returns table (signal public.signals, routes public.routes[])
language sql
stable
set search_path = ''
as $$
  with chosen as (
    select signals from public.signals
    where not is_test
      and (replay_targets.signal_ids is null or id = any (replay_targets.signal_ids))
      and (replay_targets.strategy_id is null or signals.strategy_id = replay_targets.strategy_id)
      and received_at >= coalesce(replay_targets.from_time, '-infinity')
      and received_at < coalesce(replay_targets.to_time, 'infinity')
      and (replay_targets.status is null or replay_targets.status = 'dead' or signals.status = replay_targets.status)
      and (replay_targets.status is distinct from 'dead'
        or exists (select from public.dispatches where signal_id = signals.id and dispatches.status = 'dead')
        or exists (select from public.queue_outcomes where signal_id = signals.id and outcome = 'dead'))
    order by received_at
    limit 10000
  ),
  -- A signal that died on some of its routes is sent again on these only, and only once.
  dead as (
    select dispatches.signal_id, routes as route
    from public.dispatches
    join public.routes on routes.id = dispatches.route_id
    where dispatches.status = 'dead' and not exists (
      select from public.dispatches as later
      where later.signal_id = dispatches.signal_id and later.route_id = dispatches.route_id
        and later.sequence > dispatches.sequence)
    union all
    select queue_outcomes.signal_id, routes
    from public.queue_outcomes
    join public.routes on routes.kind = 'queue' and routes.target = queue_outcomes.queue
      and (routes.strategy_id is null or routes.strategy_id = queue_outcomes.strategy_id)
    where queue_outcomes.outcome = 'dead' and queue_outcomes.replayed_at is null
      and private.queue_exists(queue_outcomes.queue)
  )
  select signals, case
    when replay_targets.status = 'dead' then array(
      select distinct on ((route).kind, (route).target) route from dead where signal_id = (signals).id)
    else array(
      select sending.route from unnest(private.match_routes(array[
        jsonb_populate_record(signals, '{"status": "accepted"}')])) as sending) end
  from chosen;
$$;

comment on function private.replay_targets(uuid[], uuid, timestamptz, timestamptz, text) is
  'Returns the signals to replay and their routes. Test signals are never replayed.';

create function public.replay_signals(
  signal_ids uuid[] default null, strategy text default null, from_time timestamptz default null,
  to_time timestamptz default null, status text default null, actor text default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
#variable_conflict use_column
declare
  replay_id uuid := gen_random_uuid();
  strategy_id uuid := case when replay_signals.strategy is not null
    then (private.strategy_called(replay_signals.strategy)).id end;
  target record;
  sendings private.sending[];
  sent bigint := 0;
begin
  perform private.declare_actor(replay_signals.actor);
  if num_nonnulls(
    replay_signals.signal_ids, replay_signals.strategy, replay_signals.from_time, replay_signals.status) = 0
  then
    raise exception 'Cannot replay everything: give signals, a strategy, a time or a status'
      using errcode = 'invalid_parameter_value';
  end if;

  for target in
    select (signal).id as signal_id, signal, routes, strategies.slug,
      clock_timestamp() + strategies.max_signal_age as expires_at
    from private.replay_targets(
      replay_signals.signal_ids, strategy_id, replay_signals.from_time, replay_signals.to_time, replay_signals.status)
    join public.strategies on strategies.id = (signal).strategy_id
    order by (signal).received_at -- keeps the order of each lane
  loop
    sendings := private.reachable(array(
      select (jsonb_populate_record(target.signal, jsonb_build_object('expires_at', target.expires_at)), route, null)
        ::private.sending
      from unnest(target.routes) as route));
    continue when cardinality(sendings) = 0;
    perform private.send(sendings, replay_id);
    update public.signals set status = 'accepted', expires_at = target.expires_at where id = target.signal_id;
    update public.queue_outcomes set replayed_at = now() where signal_id = target.signal_id;
    sent := sent + 1;
  end loop;

  insert into public.strategy_events (strategy_id, event, details)
  values (strategy_id, 'signals_replayed', jsonb_strip_nulls(jsonb_build_object(
    'replay_id', replay_id, 'signals', sent, 'signal_ids', to_jsonb(replay_signals.signal_ids[1:100]),
    'from', replay_signals.from_time, 'to', replay_signals.to_time, 'status', replay_signals.status)));
  return jsonb_build_object('replay_id', replay_id, 'signals', sent);
end;
$$;

comment on function public.replay_signals(uuid[], text, timestamptz, timestamptz, text, text) is
  'Sends signals again: {replay_id, signals}. status is a signal''s status, or dead: sends dead signals again on the '
  'routes on which they died. Their age starts anew; dedupe does not apply.';

revoke execute on function
  private.replay_targets(uuid[], uuid, timestamptz, timestamptz, text),
  public.replay_signals(uuid[], text, timestamptz, timestamptz, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.replay_signals(uuid[], text, timestamptz, timestamptz, text, text) to service_role;
