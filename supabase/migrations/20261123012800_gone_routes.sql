-- A target that answers 410 (Gone) is not called for ever: its route is turned off.

create function private.max_gone()
returns integer
language sql
immutable
set search_path = ''
as $$
  select 3;
$$;

comment on function private.max_gone() is 'Number of answers 410 in a row that turn a route off.';

create function private.count_gone(settled private.settled_dispatch[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  -- Tests do not count. Any other result begins anew; a delivery has removed the row.
  update private.route_health set gone = case when are_gone then gone + answers else 0 end
  from (
    select route_id, count(*) as answers, bool_and(status_code is not distinct from 410) as are_gone
    from unnest(settled)
    where outcome <> 'delivered' and not is_test
    group by route_id) as results
  where route_health.route_id = results.route_id and (are_gone or gone > 0);

  if exists (select from unnest(settled) where status_code = 410 and not is_test) then
    perform private.end_gone_routes(500);
  end if;
end;
$$;

comment on function private.count_gone(private.settled_dispatch[]) is
  'Counts the answers 410 in a row of each route, and turns off those that have enough of them.';

create function private.disable_gone_routes()
returns uuid[]
language plpgsql
volatile
set search_path = ''
as $$
declare
  route_ids uuid[];
begin
  route_ids := array(
    select route_id from private.route_health
    join public.routes on routes.id = route_id
    where gone >= private.max_gone() and enabled
    order by route_id
    -- Waits for no operator who changes or deletes the route: cron comes again.
    for no key update of routes skip locked);
  if route_ids <> '{}' then
    perform private.declare_actor('dispatch');
    update public.routes set enabled = false, is_gone = true where id = any (route_ids);
  end if;
  return route_ids;
end;
$$;

comment on function private.disable_gone_routes() is
  'Turns off the routes whose target answered 410 often enough in a row, and returns them.';

create function private.end_gone_dispatches(route public.routes, quantity integer)
returns uuid[]
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off -- see the indexes of dispatches
set enable_sort = off
as $$
declare
  ended record;
  signal_ids uuid[] := '{}';
begin
  for ended in
    with dead as (
      update public.dispatches set status = 'dead', leased_until = null, reason = 'The route is off: its target is gone'
      where id = any (array(
        select id from public.dispatches
        where route_id = route.id and status = 'pending'
          and (leased_until is null or leased_until <= clock_timestamp())
        order by strategy_id, symbol, sequence
        limit end_gone_dispatches.quantity
        for update skip locked))
      returning strategy_id, signal_id, role
    )
    select strategy_id, array_agg(signal_id) as ids from dead where role <> 'test' group by strategy_id
  loop
    signal_ids := signal_ids || ended.ids;
    perform private.report_failed_exits(
      ended.strategy_id, ended.ids, 'route_disabled', private.route_label(route.kind, route.target));
  end loop;
  return signal_ids;
end;
$$;

comment on function private.end_gone_dispatches(public.routes, integer) is
  'Ends dispatches that wait for a route whose target is gone, at most so many; what is in flight may finish. Returns '
  'their signals.';

create function private.end_gone_routes(quantity integer)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  disabled constant uuid[] := private.disable_gone_routes();
  route public.routes;
  signal_ids uuid[];
begin
  for route in select * from public.routes where is_gone order by id loop
    signal_ids := private.end_gone_dispatches(route, end_gone_routes.quantity);
    if signal_ids <> '{}' or route.id = any (disabled) then
      perform private.open_incident('route_disabled', route.strategy_id, route.id::text,
        private.newest_evidence(signal_ids) || jsonb_build_object(
          'kind', route.kind, 'target', private.shown_target(route.target), 'disabled_at', route.disabled_at,
          'signal_ids', to_jsonb(signal_ids[1:10]), 'error', 'Target answered 410',
          'meaning', 'its target is gone (410 three times in a row): mend it, then PATCH the route {"enabled": true}'),
        greatest(cardinality(signal_ids), 1));
    end if;
  end loop;
end;
$$;

comment on function private.end_gone_routes(integer) is
  'Turns off routes whose target is gone, and ends what waits for them: at most so many dispatches of each. Run at the '
  'answer, and by cron, which finds what was in flight or locked then.';

create index routes_gone on public.routes (id) where is_gone;

revoke execute on function
  private.max_gone(), private.count_gone(private.settled_dispatch[]), private.disable_gone_routes(),
  private.end_gone_dispatches(public.routes, integer), private.end_gone_routes(integer)
from public, anon, authenticated, service_role;
