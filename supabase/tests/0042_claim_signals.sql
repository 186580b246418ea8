begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.incidents;
delete from public.routes where strategy_id is null;
insert into public.strategies (name) values ('Test Queue');

create function pg_temp.send(action text, symbol text, age interval default '5 minutes')
returns void
language sql
as $$
  with stored as (
    insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at,
      expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', action, symbol, now(), now() + age,
    '{}'
    from public.strategies where slug = 'test-queue'
    returning signals
  )
  select private.send_signals(array[signals]) from stored;
$$;
create function pg_temp.claim(quantity integer default 10)
returns text[]
language sql
as $$
  select coalesce(array_agg(concat_ws(' ', message ->> 'action', message ->> 'symbol')), '{}')
  from public.claim_signals('test_queue', 'test', quantity);
$$;
create function pg_temp.end_leases()
returns void
language sql
as $$
  update pgmq.q_test_queue set vt = clock_timestamp();
  update private.waiting_messages set visible_at = clock_timestamp() where queue = 'test_queue';
$$;
create function pg_temp.message(symbol text)
returns bigint
language sql
as $$
  select msg_id from pgmq.q_test_queue where message ->> 'symbol' = message.symbol;
$$;

select pg_temp.send('buy', 'A');
select pg_temp.send('sell', 'A');
select pg_temp.send('exit', 'B');
select is(pg_temp.claim(), '{exit B,buy A}', 'of a symbol only the oldest is handed out, exits first');
select is(pg_temp.claim(), '{}', 'a leased signal blocks its symbol');
select is(public.complete_signal('test_queue', msg_id, 1), true, 'a worker completes what it has')
from pgmq.q_test_queue where message ->> 'action' = 'buy';
select is(pg_temp.claim(), '{sell A}', 'then the next of the symbol is handed out');
select results_eq('select outcome, worker, reads from public.queue_outcomes where queue = ''test_queue''',
  'values (''completed'', ''test'', 1)',
  'a completed signal is recorded with its worker');
select is((select count(*) from pgmq.a_test_queue), 1::bigint, 'its message is in the archive');

select pg_temp.end_leases();
select is(pg_temp.claim(1), '{exit B}', 'a lease that ended hands out again');
select is(public.complete_signal('test_queue', pg_temp.message('B'), 1), false, 'an old receipt completes nothing');
select is(public.fail_signal('test_queue', pg_temp.message('B'), 1, 'no'), 'lost', 'an old receipt fails nothing');
select is(public.fail_signal('test_queue', pg_temp.message('B'), 2, 'no'), 'retrying',
  'a failed attempt is tried again');
select is(error, 'no', 'the error is recorded')
from private.waiting_messages where queue = 'test_queue' and message_id = pg_temp.message('B');
select is(public.complete_signal('test_queue', 0, 1), false, 'an unknown message completes nothing');
select pg_temp.end_leases();
update pgmq.q_test_queue set read_ct = 4 where message ->> 'symbol' = 'B';
select pg_temp.claim(1);
select is(public.fail_signal('test_queue', pg_temp.message('B'), 5, 'The broker is closed'), 'dead',
  'the fifth failure is the last');
select is(error, 'The broker is closed', 'the last error is recorded')
from public.queue_outcomes where queue = 'test_queue' and outcome = 'dead';
select isnt_empty('select from public.incidents where kind = ''dead_letters''', 'a dead signal is an incident');

select throws_ok(
  format('select public.claim_signals(''test_queue'', ''test'', %s)', arguments), '22023', null,
  format('nothing is claimed with %s', arguments))
from unnest(array['lease => ''-1 second''', 'lease => ''0''', 'quantity => 0', 'quantity => 101', 'quantity => null'])
  as arguments;

delete from pgmq.q_test_queue;
select pg_temp.send('buy', 'C');
select pg_temp.send('exit', 'C');
select is(pg_temp.claim(), '{exit C}', 'an exit cancels the entry that waits, and goes');
delete from pgmq.q_test_queue;
select pg_temp.send('buy', 'D', '-1 second');
select is(pg_temp.claim(), '{}', 'a late signal is not handed out');
select isnt_empty('select from public.incidents where kind = ''signal_expired''', 'an expired signal is an incident');
select is((select count(*) from pgmq.q_test_queue), 0::bigint, 'an expired message is archived');
select pg_temp.send('buy', 'E', '-1 second');
select private.reap_queue('test_queue');
select is((select count(*) from pgmq.q_test_queue), 0::bigint, 'if no worker claims, cron archives expired messages');

select pg_temp.send('buy', 'F');
update public.strategies set status = 'paused' where slug = 'test-queue';
select is(pg_temp.claim(), '{}', 'nothing of a paused strategy is handed out');
select throws_ok('select public.claim_signals(''no_such'', ''test'')', 'P0002', 'There is no queue "no_such"',
  'an unknown queue is named');
select throws_ok('select public.claim_signals(''x"; drop table'', ''test'')', 'P0002', null,
  'a queue''s name is no SQL');

select * from finish();
rollback;
