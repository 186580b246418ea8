-- One route of a strategy: added, changed, deleted. Locks the catalog first, then the route, as every change does.

create function private.find_route(strategy public.strategies, kind public.route_kind, target text)
returns public.routes
language sql
volatile -- sees what the caller has just written
set search_path = ''
as $$
  select routes from public.routes
  where strategy_id = strategy.id and routes.kind = find_route.kind and routes.target = find_route.target;
$$;

comment on function private.find_route(public.strategies, public.route_kind, text) is
  'Returns a strategy''s own route to a target; null if it has none.';

create function private.lock_route(strategy public.strategies, id uuid)
returns public.routes
language plpgsql
volatile
set search_path = ''
as $$
declare
  route public.routes;
begin
  select * into route from public.routes where routes.id = lock_route.id for update;
  if route.id is null or route.strategy_id <> strategy.id then
    raise exception 'Strategy "%" has no route %', strategy.slug, lock_route.id using errcode = 'no_data_found';
  elsif route.strategy_id is null then
    raise exception 'Route % is for every strategy: change it in the table routes', lock_route.id
      using errcode = 'no_data_found';
  end if;
  return route;
end;
$$;

comment on function private.lock_route(public.strategies, uuid) is
  'Locks a strategy''s own route, so that nothing is sent on it or settled meanwhile, and returns it; raises if it has '
  'none with this id.';

create function public.add_route(name text, settings jsonb, actor text default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  kind constant public.route_kind := settings ->> 'kind';
  target constant text := settings ->> 'target';
  strategy public.strategies;
  route public.routes;
begin
  perform private.declare_actor(add_route.actor);
  -- The second of two that add the same waits here, then finds the first.
  perform private.lock_catalog();
  strategy := private.strategy_called(add_route.name);
  route := private.find_route(strategy, kind, target);
  if route.id is not null then
    return jsonb_build_object('outcome', 'exists', 'route', private.route_json(route));
  end if;
  perform private.set_routes(strategy.id, jsonb_build_array(add_route.settings));
  return jsonb_build_object(
    'outcome', 'added', 'route', private.route_json(private.find_route(strategy, kind, target)));
end;
$$;

comment on function public.add_route(text, jsonb, text) is
  'Adds a route to a strategy (by name, slug or alias): {outcome: added|exists, route}. One that is there stays as it '
  'is.';

create function public.change_route(name text, id uuid, settings jsonb, actor text default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  strategy public.strategies;
  route public.routes;
  other public.routes;
begin
  perform private.declare_actor(change_route.actor);
  perform private.lock_catalog();
  strategy := private.strategy_called(change_route.name);
  route := jsonb_populate_record(
    private.lock_route(strategy, change_route.id),
    change_route.settings - '{id,strategy_id,kind,disabled_at,is_gone,created_at}'::text[]);
  other := private.find_route(strategy, route.kind, route.target);
  if other.id <> route.id then
    return jsonb_build_object('outcome', 'exists', 'route', private.route_json(other));
  end if;
  update public.routes set (target, enabled, actions, intents, symbols, min_confidence, send_secret_key) = (
    route.target, route.enabled, route.actions, route.intents, route.symbols, route.min_confidence,
    route.send_secret_key)
  where routes.id = route.id
  returning * into route;
  return jsonb_build_object('outcome', 'changed', 'route', private.route_json(route));
end;
$$;

comment on function public.change_route(text, uuid, jsonb, text) is
  'Changes the given columns of a strategy''s route: {outcome: changed|exists, route}. exists: another route has the '
  'target. Only enabled: true turns on a route that is off.';

create function public.delete_route(name text, id uuid, actor text default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  route public.routes;
  waiting bigint;
begin
  perform private.declare_actor(delete_route.actor);
  perform private.lock_catalog();
  route := private.lock_route(private.strategy_called(delete_route.name), delete_route.id);
  select count(*) into waiting from public.dispatches where route_id = route.id and status = 'pending';
  delete from public.routes where routes.id = route.id;
  return jsonb_build_object('deleted', true, 'cancelled', waiting);
end;
$$;

comment on function public.delete_route(text, uuid, text) is
  'Deletes a strategy''s route, and cancels the dispatches that wait for it: {deleted, cancelled: how many}. A queue '
  'stays, with what is in it.';

revoke execute on function
  private.find_route(public.strategies, public.route_kind, text), private.lock_route(public.strategies, uuid),
  public.add_route(text, jsonb, text), public.change_route(text, uuid, jsonb, text),
  public.delete_route(text, uuid, text)
from public, anon, authenticated, service_role;
grant execute on function
  public.add_route(text, jsonb, text), public.change_route(text, uuid, jsonb, text),
  public.delete_route(text, uuid, text)
to service_role;
