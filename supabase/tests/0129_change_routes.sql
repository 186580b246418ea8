begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
update public.dispatches set status = 'cancelled' where status = 'pending';
delete from public.incidents;
delete from public.routes where strategy_id is null;

select public.register_strategy('{"name": "Test Routes", "aliases": ["Routed"], "queue": false}');
select public.register_strategy('{"name": "Test Other", "queue": false}');
create function pg_temp.route(shown_target text)
returns public.routes
language sql
as $$
  select routes from public.routes where target = shown_target;
$$;

-- Adding
select is(added #- '{route,id}', '{"outcome": "added", "route": {
    "kind": "http", "target": "https://example.com/…", "enabled": true, "actions": ["buy"]}}',
  'a route is added, and shown without the path of its URL')
from public.add_route(
  'routed', '{"kind": "http", "target": "https://example.com/one", "actions": ["buy"]}', 'operator:7') as added;
select isnt(private.route_secret((pg_temp.route('https://example.com/one')).id), null, 'it has a secret');
select is(
  jsonb_build_array(actor, event, details ->> 'target'), '["operator:7", "route_added", "https://example.com/…"]',
  'the audit says who added it, and to which host')
from public.strategy_events order by id desc limit 1;
create temp table counted as select count(*) as events from public.strategy_events;
select is(again, jsonb_build_object('outcome', 'exists', 'route', private.route_json(pg_temp.route(target))),
  'a route to the same target is not added')
from (values ('https://example.com/one')) as known (target),
  public.add_route('test-routes', '{"kind": "http", "target": "https://example.com/one"}') as again;
select results_eq('select count(*) from public.strategy_events', 'table counted', 'nor changed');
select is(
  public.add_route('test-other', '{"kind": "http", "target": "https://example.com/one"}') ->> 'outcome', 'added',
  'another strategy may have a route to it');
select public.add_route('routed', '{"kind": "queue", "target": "test_routes_added"}');
select has_table('pgmq', 'q_test_routes_added', 'an added queue is there');
select throws_ok('select public.add_route(''nobody'', ''{"kind": "queue", "target": "x"}'')', 'P0002',
  'No strategy is called "nobody"', 'no route is added to nobody');
delete from public.routes where strategy_id = (select id from public.strategies where slug = 'test-other');

-- Changing
create temp table routes_of as
select (pg_temp.route('https://example.com/one')).id as one, (pg_temp.route('test_routes_added')).id as queue;
create function pg_temp.change(settings jsonb)
returns jsonb
language sql
as $$
  select public.change_route('routed', one, settings, 'operator:8') from pg_temp.routes_of;
$$;
select is(pg_temp.change('{"symbols": ["XAUUSD"], "enabled": false}') #- '{route,id}' #- '{route,disabled_at}',
  '{"outcome": "changed", "route": {"kind": "http", "target": "https://example.com/…", "enabled": false,
    "actions": ["buy"], "symbols": ["XAUUSD"]}}', 'what is named of a route is changed, and nothing else');
select is(actor, 'operator:8', 'the audit says who changed it')
from public.strategy_events where event = 'route_changed' order by id desc limit 1;
select is(pg_temp.change('{"actions": null, "min_confidence": 0.5}') #- '{route,id}' #- '{route,disabled_at}',
  '{"outcome": "changed", "route": {"kind": "http", "target": "https://example.com/…", "enabled": false,
    "symbols": ["XAUUSD"], "min_confidence": 0.5}}', 'a filter is removed, and the route stays off');
select is(pg_temp.change('{"enabled": true}') #>> '{route,enabled}', 'true', 'its own word turns it on');
select pg_temp.change('{"id": "00000000-0000-4000-8000-000000000000", "strategy_id": null, "kind": "queue",
  "is_gone": true, "disabled_at": "2000-01-01", "created_at": "2000-01-01"}');
select is((strategy_id is not null, kind, is_gone, disabled_at, created_at = now())::text, '(t,http,f,,t)',
  'what the database maintains cannot be given')
from public.routes, pg_temp.routes_of where id = one;
select public.add_route('routed', '{"kind": "http", "target": "https://example.com/two"}');
select is(pg_temp.change('{"target": "https://example.com/two"}') ->> 'outcome', 'exists',
  'no two routes get the same target');
select is(target, 'https://example.com/one', 'the route keeps its own')
from public.routes, pg_temp.routes_of where id = one;
select is(pg_temp.change('{"target": "https://example.com/one"}') ->> 'outcome', 'changed',
  'its own target is no other''s');

-- The strategy's patch
create function pg_temp.patch(route jsonb)
returns boolean
language sql
as $$
  select public.patch_strategy('routed', jsonb_build_object('routes', jsonb_build_array(
    '{"kind": "http", "target": "https://example.com/one"}'::jsonb || route)));
  select enabled from public.routes, pg_temp.routes_of where id = one;
$$;
select is(pg_temp.patch('{"enabled": false}'), false, 'a patch of the strategy turns a route off');
select is(pg_temp.patch('{"actions": ["buy"]}'), false, 'one that does not name it leaves it off');
select is(pg_temp.patch('{"enabled": true}'), true, 'one that does turns it on');

-- Whose it is
insert into public.routes (kind, target) values ('http', 'https://example.com/shared');
select throws_ok(
  format('select public.%s_route(%L, %L%s)', verb, strategy, id, case verb when 'change' then ', ''{}''' end),
  'P0002', format(problem, id), format('%s: %s', verb, promise))
from (values ('change'), ('delete')) as call (verb), (
  select 'test-other' as strategy, one as id, 'Strategy "test-other" has no route %s' as problem,
    'no strategy reaches another''s route' as promise
  from pg_temp.routes_of
  union all
  select 'routed', (pg_temp.route('https://example.com/shared')).id,
    'Route %s is for every strategy: change it in the table routes', 'nor one for every strategy'
  union all
  select 'routed', '00000000-0000-4000-8000-000000000000', 'Strategy "test-routes" has no route %s',
    'nor one that is none'
) as example;

-- Deleting
create function pg_temp.send(action text)
returns void
language sql
as $$
  with stored as (
    insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at,
      expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', action, action, now(),
      now() + interval '1 day', '{}'
    from public.strategies where slug = 'test-routes'
    returning signals
  )
  select private.dispatch_signals(array[signals], array[routes])
  from stored, public.routes, pg_temp.routes_of where routes.id = one;
$$;
select pg_temp.send(action) from unnest('{buy,exit,sell}'::text[]) as action;
update public.dispatches set status = 'delivered', delivered_at = now() where symbol = 'sell' and status = 'pending';
select is(public.delete_route('routed', one, 'operator:9'), '{"deleted": true, "cancelled": 2}',
  'a route is deleted, and how much waited for it is said')
from pg_temp.routes_of;
select is(array_agg(concat_ws(' ', symbol, dispatches.status, reason) order by symbol),
  array['buy cancelled Its route was deleted', 'exit cancelled Its route was deleted', 'sell delivered'],
  'what waited is cancelled, and why; what was delivered stays')
from public.dispatches join public.strategies on strategies.id = strategy_id where slug = 'test-routes';
select is(array_agg(concat_ws(' ', kind, details ->> 'reason')), array['exit_failed route_deleted'],
  'an exit that waited is urgent') from public.incidents;
select is(jsonb_build_array(actor, event), '["operator:9", "route_deleted"]', 'the audit says who deleted it')
from public.strategy_events order by id desc limit 1;
select is(public.delete_route('routed', queue), '{"deleted": true, "cancelled": 0}', 'a queue''s route can go')
from pg_temp.routes_of;
select has_table('pgmq', 'q_test_routes_added', 'its queue stays');

select * from finish();
rollback;
