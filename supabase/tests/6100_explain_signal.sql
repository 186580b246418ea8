begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
delete from public.incidents;
delete from public.routes where strategy_id is null;

insert into public.strategies (name) values ('Test Explain');
insert into public.routes (strategy_id, kind, target, actions)
select id, 'http', 'https://example.com/' || action, array[action]
from public.strategies, unnest(array['buy', 'sell']) as action where slug = 'test-explain';

select is(
  public.explain_signal('Test Explain', '{"action": "buy"}', 'dedicated'),
  '{"limit": 1000, "left": 1000, "held": 0, "routes": ["queue:test_explain", "http:example.com"]}',
  'an explanation has what the limit allows, and the routes that match');
select pgmq.drop_queue('test_explain');
select is(
  public.explain_signal('Test Explain', '{"action": "buy"}', 'dedicated') -> 'routes', '["http:example.com"]',
  'a dropped queue is no route of an explanation');
select is_empty('select from public.incidents', 'an explanation opens no incident');

-- Questions
select is(provolatile::text, 's', format('%s writes nothing', proname))
from pg_proc
where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  and proname in ('explain_signal', 'routes_for', 'limit_left', 'replay_targets', 'recent_refusals', 'dispatch_due')
order by proname;

select * from finish();
rollback;
