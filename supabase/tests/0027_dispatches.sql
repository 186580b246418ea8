begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
update public.dispatches set status = 'cancelled' where status = 'pending';
delete from public.incidents;
delete from public.routes where strategy_id is null;
delete from private.route_health;

insert into public.strategies (name) values ('Test Dispatch'), ('Test Other');
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://example.com/' || slug from public.strategies where slug in ('test-dispatch', 'test-other');

-- Sends a signal on the strategy's http route and gives its dispatch a name.
create temp table known (name text primary key, id uuid);
create function pg_temp.dispatch(name text, action text, symbol text, strategy text default 'test-dispatch')
returns void
language sql
as $$
  with stored as (
    insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at,
      expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', action, symbol, now(),
    now() + interval '1 day', '{}'
    from public.strategies where slug = strategy
    returning signals
  ),
  sent as (
    select (signals).id as signal_id, private.dispatch_signals(array[signals], array[routes])
    from stored join public.routes on routes.strategy_id = (signals).strategy_id and kind = 'http'
  )
  insert into pg_temp.known select name, signal_id from sent;
  -- The dispatch is visible only to the next statement.
  update pg_temp.known set id = dispatches.id from public.dispatches where dispatches.signal_id = known.id;
$$;

-- A route that is deleted
insert into public.strategies (name) values ('Test Deleted');
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://example.com/deleted' from public.strategies where slug = 'test-deleted';
select pg_temp.dispatch('done', 'buy', 'D', 'test-deleted');
update public.dispatches set status = 'delivered' from pg_temp.known
where known.id = dispatches.id and known.name = 'done';
select pg_temp.dispatch('waiting', 'buy', 'D', 'test-deleted');
delete from public.routes where target = 'https://example.com/deleted';
select results_eq(
  $$ select name, status, route_id is null, target from public.dispatches join pg_temp.known using (id)
     where name in ('done', 'waiting') order by name $$,
  $$ values ('done', 'delivered', true, 'https://example.com/…'),
            ('waiting', 'cancelled', true, 'https://example.com/…') $$,
  'dispatches that wait for a deleted route are cancelled, delivered ones stay in the audit');

-- A batch
create temp table sent as
select place, signals from public.strategies
cross join (
  values (1, 'buy', 'X'), (2, 'sell', 'Y'), (3, 'exit', 'X'), (4, 'buy', 'X')) as batch (place, action, symbol)
cross join lateral jsonb_populate_record(null::public.signals, jsonb_build_object(
  'id', gen_random_uuid(), 'strategy_id', strategies.id, 'request_id', gen_random_uuid(),
  'correlation_id', gen_random_uuid(), 'status', 'accepted', 'action', action, 'symbol', symbol, 'received_at', now(),
  'expires_at', now() + place * interval '1 hour', 'endpoint', 'dedicated', 'is_test', false, 'routes', '{}'::text[],
  'payload', '{}'::jsonb, 'recorded_in', pg_current_xact_id())) as signals
where slug = 'test-other';
insert into public.signals select (signals).* from sent;
select pg_temp.dispatch('older', 'buy', 'X', 'test-other');
select private.dispatch_signals(
  (select array_agg(signals order by place) from sent),
  (select array_agg(route) from public.routes as route, sent where target like '%/test-other'));
select results_eq(
  $$ select place, expires_at = now() + place * interval '1 hour' from public.dispatches
     join sent on signal_id = (signals).id order by sequence $$,
  $$ values (1, true), (2, true), (3, true), (4, true) $$,
  'the dispatches of a batch have its order, and expire as their signals do');
select results_eq(
  $$ select place, dispatches.status from public.dispatches join sent on signal_id = (signals).id order by place $$,
  $$ values (1, 'cancelled'), (2, 'pending'), (3, 'pending'), (4, 'pending') $$,
  'an exit of a batch cancels the entries of its symbol that come before it in the batch');
select is(status, 'cancelled', 'and those that waited already')
from public.dispatches join pg_temp.known using (id) where name = 'older';

select * from finish();
rollback;
