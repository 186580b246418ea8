begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.routes where strategy_id is null;
insert into public.strategies (name) values ('Test Replay');
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://example.com/hook' from public.strategies where slug = 'test-replay';

create temp table stored (name text, id uuid);
create function pg_temp.store(name text, received_at timestamptz, status text default 'accepted',
  is_test boolean default false)
returns void
language sql
as $$
  with made as (
    insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, symbol, is_test,
      received_at, expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), store.status, 'hold', 'A', store.is_test,
      store.received_at, store.received_at + interval '5 minutes', '{}'
    from public.strategies where slug = 'test-replay'
    returning id
  )
  insert into pg_temp.stored select store.name, id from made;
$$;
select pg_temp.store('second', now() - interval '1 hour');
select pg_temp.store('first', now() - interval '2 hours');
select pg_temp.store('late', now(), 'expired');
select pg_temp.store('test', now(), is_test => true);

create temp table replayed as
select public.replay_signals(strategy => 'Test Replay', from_time => now() - interval '3 hours', to_time => now(),
  actor => 'tester') as answer;
select is(answer -> 'signals', '2', 'a time range has its start and not its end') from replayed;
select results_eq(
  'select name from public.dispatches join pg_temp.stored on stored.id = signal_id order by sequence',
  array['first', 'second'], 'signals go again in the order they came');
select is((select count(*) from pgmq.q_test_replay where message ->> 'replay_id' = answer ->> 'replay_id'), 2::bigint,
  'a replay reaches the queue too, under its id') from replayed;
select ok(bool_and(expires_at > now() + interval '4 minutes'), 'the age runs anew') from public.dispatches
join pg_temp.stored on stored.id = signal_id;
select is(jsonb_build_array(actor, details -> 'signals', details -> 'replay_id'),
  jsonb_build_array('tester', 2, answer -> 'replay_id'),
  'a replay is in the audit')
from replayed, public.strategy_events
where event = 'signals_replayed' and details -> 'replay_id' = answer -> 'replay_id';
select is(public.replay_signals(strategy => 'test-replay', status => 'expired') -> 'signals', '1',
  'signals are replayed by status');
select is(public.replay_signals(signal_ids => array(select id from pg_temp.stored where name = 'test')) -> 'signals',
  '0',
  'test signals are never replayed');
select is(public.replay_signals(signal_ids => array[gen_random_uuid()]) -> 'signals', '0',
  'an unknown id replays nothing');

update public.dispatches set status = 'dead' from pg_temp.stored where stored.id = signal_id and name = 'first';
select is(public.replay_signals(strategy => 'test-replay', status => 'dead') -> 'signals', '1',
  'a dead signal is replayed');
select is(public.replay_signals(strategy => 'test-replay', status => 'dead') -> 'signals', '0',
  'a dead signal is replayed once');
select is((select count(*) from pgmq.q_test_replay join pg_temp.stored on message ->> 'signal_id' = id::text
  where name = 'first'),
  1::bigint, 'a signal that died on one route is replayed on that route only');

-- Steps
truncate pg_temp.stored;
delete from public.signals;
delete from pgmq.q_test_replay;
select pg_temp.store(name, received_at)
from (values
  ('a', now() - interval '50 minutes'), ('b', now() - interval '40 minutes'), ('c', now() - interval '40 minutes'),
  ('d', now() - interval '40 minutes'), ('e', now() - interval '30 minutes')) as five (name, received_at);
create function pg_temp.step(replay_id uuid)
returns jsonb
language sql
as $$
  select public.replay_signals(strategy => 'test-replay', from_time => now() - interval '51 minutes',
    replay_id => step.replay_id, at_most => 2) - 'replay_id';
$$;
create temp table replay as select gen_random_uuid() as id;
select is(pg_temp.step(id), '{"signals": 2, "done": false}', 'a step sends at most so many') from replay;
savepoint cut_off;
select is(pg_temp.step(id), '{"signals": 4, "done": false}', 'the next step goes on where it ended') from replay;
rollback to savepoint cut_off;
select pg_temp.store('late', clock_timestamp());
select is(public.replay_signals(replay_id => id, at_most => 2) - 'replay_id', '{"signals": 4, "done": false}',
  'the id alone goes on, also after a step that was cut off') from replay;
select is(pg_temp.step(id), '{"signals": 5, "done": true}', 'the last step says so') from replay;
select is(pg_temp.step(id), '{"signals": 5, "done": true}', 'a replay that is done sends nothing more') from replay;
select results_eq(
  $$select name from pgmq.q_test_replay join pg_temp.stored on message ->> 'signal_id' = stored.id::text
    order by msg_id$$,
  (select array_agg(name order by received_at, id) from pg_temp.stored join public.signals using (id)
    where name <> 'late'),
  'each signal was sent once, oldest first, and none that came meanwhile');
select is((select sum((details ->> 'signals')::integer) from public.strategy_events
    where details ->> 'replay_id' = replay.id::text), 5::bigint, 'each step is in the audit') from replay;
select throws_ok('select public.replay_signals(replay_id => ''00000000-0000-0000-0000-000000000001'')', 'P0002',
  'There is no replay 00000000-0000-0000-0000-000000000001', 'an unknown replay is named');

select throws_ok('select public.replay_signals()', '22023',
  'Cannot replay everything: give signals, a strategy, a time or a status',
  'a replay says which signals');
select throws_ok('select public.replay_signals(strategy => ''Nobody at all'')', 'P0002', null,
  'an unknown strategy is named');

select * from finish();
rollback;
