create function private.route_label(kind public.route_kind, target text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  -- Only the host: senders see the label, and a URL's path may work as a password.
  return route_label.kind || ':' || case route_label.kind
    when 'http' then substring(route_label.target from '^https?://([^/:?#]+)')
    else route_label.target end;
end;
$$;

comment on function private.route_label(public.route_kind, text) is
  'Names a route as in responses and signals.routes: kind:target; for a URL only its host.';

create function private.signal_message(
  signal public.signals, strategy text, expires_at timestamptz, replay_id uuid default null)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'signal_id', signal.id, 'strategy', signal_message.strategy, 'correlation_id', signal.correlation_id,
    'action', signal.action, 'direction', signal.direction, 'intent', signal.intent,
    'reduced_from', signal.reduced_from, 'symbol', signal.symbol, 'exchange', signal.exchange,
    'quantity', signal.quantity, 'price', signal.price, 'confidence', signal.confidence,
    'timeframe', signal.timeframe, 'fired_at', signal.fired_at, 'received_at', signal.received_at,
    'external_id', signal.external_id, 'is_test', signal.is_test, 'payload', signal.payload,
    'expires_at', signal_message.expires_at)
    || case when signal_message.replay_id is null then '{}'
      else jsonb_build_object('replay_id', signal_message.replay_id) end;
end;
$$;

comment on function private.signal_message(public.signals, text, timestamptz, uuid) is
  'Returns a signal as workers and targets get it: signal_id, correlation_id, strategy (slug), the canonical fields, '
  'payload, expires_at, and replay_id for a replay.';

create type private.sending as (
  signal public.signals,
  route public.routes,
  label text,
  is_missing boolean
);

comment on type private.sending is 'A signal on one of its routes.';
comment on column private.sending.label is 'The route''s name, see route_label.';
comment on column private.sending.is_missing is 'Whether it is a queue that was dropped by hand.';

create function private.skip_missing_queues(sendings private.sending[])
returns private.sending[]
language plpgsql
volatile
set search_path = ''
as $$
begin
  -- The signals themselves may not be stored yet.
  perform private.open_incident('route_down', (newest).strategy_id, route_id::text,
    private.evidence((newest).correlation_id, (newest).received_at, (newest).payload::text) || jsonb_build_object(
      'kind', 'queue', 'target', target, 'error', 'The queue does not exist',
      'remedy', format('select pgmq.create(%L)', target)), count)
  from (
    select (route).id as route_id, (route).target, count(*) as count,
      (array_agg(signal order by (signal).received_at desc))[1] as newest
    from unnest(sendings)
    where is_missing
    group by (signal).strategy_id, 1, 2) as missing;
  perform private.open_incident('exit_failed', (signal).strategy_id, coalesce((signal).symbol, ''),
    private.evidence((signal).correlation_id, (signal).received_at, (signal).payload::text) || jsonb_build_object(
      'signal_ids', to_jsonb(array[(signal).id]), 'reason', 'no_queue', 'route', label,
      'symbol', (signal).symbol, 'intent', (signal).intent))
  from unnest(sendings)
  where is_missing and private.is_exit(private.lane_role((signal).action, (signal).intent));
  return array(select sending from unnest(sendings) as sending where not (sending).is_missing);
end;
$$;

comment on function private.skip_missing_queues(private.sending[]) is
  'Leaves out queues that were dropped by hand and opens an incident for each, so that they fail no alert.';

create function private.match_routes(signals public.signals[])
returns private.sending[]
language plpgsql
stable
set search_path = ''
as $$
begin
  return array(
    select row(
      signals[place], chosen.route, private.route_label(chosen.kind, chosen.target),
      chosen.kind = 'queue' and to_regclass('pgmq.' || quote_ident('q_' || chosen.target)) is null)::private.sending
    from (
      -- A target with two routes, of the strategy and of every strategy, gets the signal once.
      select distinct on (place, kind, target) place, kind, target, route
      from (
        select signal.ordinality as place, route, route.kind, route.target, action, intent, symbol, exchange, confidence
        from unnest(match_routes.signals) with ordinality as signal
        join public.routes as route on route.strategy_id = signal.strategy_id and enabled
        where status = 'accepted' and not is_test
        union all
        select signal.ordinality, route, route.kind, route.target, action, intent, symbol, exchange, confidence
        from unnest(match_routes.signals) with ordinality as signal
        join public.strategies on strategies.id = signal.strategy_id and shared_routes
        join public.routes as route on route.strategy_id is null and enabled
        where signal.status = 'accepted' and not is_test) as candidate
      -- A filter on a field that the signal lacks does not match.
      where (coalesce((route).actions, '{}') = '{}' or action = any ((route).actions)
          or 'exit' = any ((route).actions) and private.is_exit(private.lane_role(action, intent)))
        and (coalesce((route).intents, '{}') = '{}' or coalesce(intent = any ((route).intents), false))
        and (coalesce((route).symbols, '{}') = '{}'
          or symbol = any ((route).symbols) or exchange || ':' || symbol = any ((route).symbols))
        and ((route).min_confidence is null or coalesce(confidence >= (route).min_confidence, false))
      order by place, kind, target, (route).strategy_id nulls last) as chosen
    order by place, kind, target);
end;
$$;

comment on function private.match_routes(public.signals[]) is
  'Returns the routes that match the signals, in their order; none for test, held and suppressed signals.';

create function private.send(sendings private.sending[], replay_id uuid default null)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  batch record;
begin
  for batch in
    select (route).kind = 'queue' as is_queue,
      array_agg(signal order by place) as signals,
      array_agg(route order by place) as routes,
      array_agg((route).target order by place) as targets,
      array_agg(private.signal_message(signal, slug, (signal).expires_at, send.replay_id) order by place)
        filter (where (route).kind = 'queue') as messages
    from unnest(sendings) with ordinality as sending (signal, route, label, is_missing, place)
    join public.strategies on strategies.id = (signal).strategy_id
    group by 1
  loop
    if batch.is_queue then
      perform private.enqueue_messages(batch.targets, batch.signals, batch.messages);
    else
      perform private.dispatch_signals(batch.signals, batch.routes, send.replay_id);
    end if;
  end loop;
end;
$$;

comment on function private.send(private.sending[], uuid) is
  'Sends stored signals on their routes, in order and in the caller''s transaction: queues get a message, functions '
  'and URLs a dispatch. Each ends at its signal''s expires_at.';

create function private.send_signals(signals public.signals[], replay_id uuid default null)
returns table (signal_id uuid, routes text[])
language plpgsql
volatile
set search_path = ''
as $$
declare
  sendings constant private.sending[] :=
    private.skip_missing_queues(private.match_routes(send_signals.signals));
begin
  perform private.send(sendings, send_signals.replay_id);
  return query
    select (signal).id, array_agg(label order by place)
    from unnest(sendings) with ordinality as sending (signal, route, label, is_missing, place)
    group by 1;
end;
$$;

comment on function private.send_signals(public.signals[], uuid) is
  'Sends stored signals on the routes that match them now. Returns the labels of the routes, for those with any.';

revoke execute on function
  private.route_label(public.route_kind, text),
  private.signal_message(public.signals, text, timestamptz, uuid), private.skip_missing_queues(private.sending[]),
  private.match_routes(public.signals[]), private.send(private.sending[], uuid),
  private.send_signals(public.signals[], uuid)
from public, anon, authenticated, service_role;
