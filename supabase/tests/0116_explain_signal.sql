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
  '{"outcome": "accepted", "status": "active", "reduced_to": null, "limit": 1000, "left": 1000, "held": 0,
    "routes": ["queue:test_explain", "http:example.com"]}',
  'an explanation has what the limit allows, and the routes that match');

-- The outcome is what ingest decides.
create function pg_temp.outcome(signal jsonb)
returns text
language sql
as $$
  select public.explain_signal('Test Explain', outcome.signal, 'dedicated') ->> 'outcome';
$$;

update public.strategies set rate_limit_per_minute = 1 where slug = 'test-explain';
insert into public.signals (
  id, strategy_id, request_id, correlation_id, status, action, received_at, accepted_at, expires_at, payload)
select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy', now(), now(), now(), '{}'
from public.strategies where slug = 'test-explain';
select is(pg_temp.outcome('{"action": "buy"}'), 'held', 'an entry beyond the limit is held');
select is(
  pg_temp.outcome('{"action": "sell", "intent": "close_long"}'), 'accepted', 'an exit passes the limit');
update public.strategies set over_limit = 'reject' where slug = 'test-explain';
select is(
  pg_temp.outcome('{"action": "buy"}'), 'limited', 'an entry beyond the limit is refused where that is asked for');
update public.strategies set rate_limit_per_minute = null, status = 'exits_only' where slug = 'test-explain';
select is(pg_temp.outcome('{"action": "buy"}'), 'suppressed', 'where only exits pass, an entry is suppressed');
select is(
  public.explain_signal('Test Explain', '{"action": "buy", "intent": "reverse_to_long"}', 'dedicated')
    -> 'reduced_to', '"close_short"', 'of a reversal the closing half passes');
update public.strategies set status = 'active', rate_limit_per_minute = 1000 where slug = 'test-explain';
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
