begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.incidents;
update public.dispatches set status = 'cancelled' where status = 'pending';
insert into public.strategies (name) values ('Test Active'), ('Test Paused');
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://example.com/' || slug from public.strategies where slug in ('test-active', 'test-paused');
insert into public.signals
  (id, strategy_id, request_id, correlation_id, status, action, received_at, expires_at, payload)
select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy', now(),
  now() + interval '1 day', '{}'
from public.strategies where slug in ('test-active', 'test-paused');
insert into public.dispatches
  (signal_id, route_id, strategy_id, symbol, role, target, expires_at, next_attempt_at)
select signals.id, routes.id, signals.strategy_id, '', 'open_long', '', now() + interval '1 day',
  now() - interval '1 hour'
from public.signals
join public.strategies on strategies.id = signals.strategy_id
join public.routes on routes.strategy_id = strategies.id and routes.kind = 'http'
where slug in ('test-active', 'test-paused');

update public.strategies set status = 'paused' where slug = 'test-paused';
select private.watch_backlog();
select results_eq('select slug from public.incidents join public.strategies on strategies.id = strategy_id
    where kind = ''backlog''', array['test-active'],
  'what waits for a paused strategy is no backlog');
select cmp_ok((public.read_backlog() ->> 'oldest_due_seconds')::numeric, '>=', 3600::numeric,
  'the backlog counts what is due');

update public.routes set enabled = false
where strategy_id = (select id from public.strategies where slug = 'test-active');
select is((public.read_backlog() ->> 'oldest_due_seconds')::numeric, 0::numeric,
  'what waits for a paused strategy or a disabled route is not overdue');
select is(public.read_backlog() - array['oldest_due_seconds', 'held', 'incidents'], 
  '{"dispatches": 0, "paused": 2}',
  'it is counted apart');

update public.routes set enabled = true
where strategy_id = (select id from public.strategies where slug = 'test-active');
update public.router_settings set mode = 'paused' where singleton;
select is((public.read_backlog() ->> 'oldest_due_seconds')::numeric, 0::numeric,
  'nothing is overdue while the router is paused');
update public.router_settings set mode = 'active' where singleton;
update public.strategies set status = 'exits_only' where slug = 'test-active';
update public.dispatches set status = 'pending', role = 'close_long' where strategy_id = (
  select id from public.strategies where slug = 'test-active');
select cmp_ok((public.read_backlog() ->> 'oldest_due_seconds')::numeric, '>=', 3600::numeric,
  'an exit of a strategy that only lets exits through is overdue');

select * from finish();
rollback;
