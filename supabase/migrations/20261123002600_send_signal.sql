create function private.route_matches(route public.routes, signal public.signals)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select (coalesce(route.actions, '{}') = '{}' or signal.action = any (route.actions))
    and (coalesce(route.symbols, '{}') = '{}'
      or signal.symbol = any (route.symbols) or signal.exchange || ':' || signal.symbol = any (route.symbols))
    and (route.min_confidence is null or coalesce(signal.confidence >= route.min_confidence, false));
$$;

comment on function private.route_matches(public.routes, public.signals) is
  'Whether a route''s filters match a signal. A filter on a field that the signal lacks does not match.';

create function private.route_label(route public.routes)
returns text
language sql
immutable
set search_path = ''
as $$
  -- Only the host: senders see the label, and a URL's path may work as a password.
  select route.kind || ':'
    || case route.kind when 'http' then substring(route.target from '^https?://([^/:?#]+)') else route.target end;
$$;

comment on function private.route_label(public.routes) is
  'Names a route as in responses and signals.routes: kind:target; for a URL only its host.';

create function private.signal_message(
  signal public.signals, strategy text, expires_at timestamptz, replay_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object('signal_id', signal.id, 'strategy', signal_message.strategy)
    || (to_jsonb(signal)
      - array['id', 'strategy_id', 'request_id', 'endpoint', 'status', 'routes', 'accepted_at', 'recorded_in'])
    || jsonb_build_object('expires_at', signal_message.expires_at)
    || jsonb_strip_nulls(jsonb_build_object('replay_id', signal_message.replay_id));
$$;

comment on function private.signal_message(public.signals, text, timestamptz, uuid) is
  'Returns a signal as workers and targets get it: signal_id, correlation_id, strategy (slug), the canonical fields, '
  'payload, expires_at, and replay_id for a replay.';

create function private.routes_for(signal public.signals)
returns public.routes[]
language plpgsql
stable
set search_path = ''
as $$
begin
  return array(
    -- A target with two routes, of the strategy and of every strategy, gets the signal once.
    select distinct on (kind, target) routes
    from public.routes
    where signal.status = 'accepted' and not signal.is_test and enabled and (
        routes.strategy_id = signal.strategy_id
        or routes.strategy_id is null
          and (select shared_routes from public.strategies where id = signal.strategy_id))
      and private.route_matches(routes, signal)
    order by kind, target, routes.strategy_id nulls last);
end;
$$;

comment on function private.routes_for(public.signals) is
  'Returns the routes that match a signal; none for test, held and suppressed signals.';

create function private.is_reachable(route public.routes)
returns boolean
language sql
stable
set search_path = ''
as $$
  select route.kind <> 'queue' or private.queue_exists(route.target);
$$;

comment on function private.is_reachable(public.routes) is
  'Whether signals can be sent on a route: its queue may have been dropped by hand.';

create function private.skip_missing_queues(routes public.routes[], strategy_id uuid)
returns public.routes[]
language plpgsql
volatile
set search_path = ''
as $$
declare
  route public.routes;
  reachable public.routes[] := '{}';
begin
  foreach route in array routes loop
    if private.is_reachable(route) then
      reachable := reachable || route;
    else
      perform private.open_incident('route_down', skip_missing_queues.strategy_id, route.id::text,
        jsonb_build_object('kind', 'queue', 'target', route.target, 'error', 'The queue does not exist',
          'remedy', format('select pgmq.create(%L)', route.target)));
    end if;
  end loop;
  return reachable;
end;
$$;

comment on function private.skip_missing_queues(public.routes[], uuid) is
  'Returns the reachable routes and opens an incident for each of the others, so that a dropped queue fails no alert.';

create function private.send_signal(
  signal public.signals, routes public.routes[], strategy text, expires_at timestamptz, replay_id uuid default null)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  message jsonb := private.signal_message(signal, strategy, expires_at, replay_id);
  route public.routes;
begin
  foreach route in array routes loop
    if route.kind = 'queue' then
      perform pgmq.send(route.target, message);
    else
      perform private.dispatch_signal(signal, route, send_signal.expires_at, send_signal.replay_id);
    end if;
  end loop;
end;
$$;

comment on function private.send_signal(public.signals, public.routes[], text, timestamptz, uuid) is
  'Sends a stored signal on its routes, in the caller''s transaction: queues get a message, functions and URLs a '
  'dispatch.';

revoke execute on function
  private.route_matches(public.routes, public.signals), private.route_label(public.routes),
  private.signal_message(public.signals, text, timestamptz, uuid), private.routes_for(public.signals),
  private.is_reachable(public.routes), private.skip_missing_queues(public.routes[], uuid),
  private.send_signal(public.signals, public.routes[], text, timestamptz, uuid)
from public, anon, authenticated, service_role;
