begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.routes where strategy_id is null;
insert into public.strategies (name) values ('Test Hand');

create function pg_temp.store(symbol text)
returns public.signals
language sql
as $$
  insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at,
    expires_at, payload)
  select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy', store.symbol, now(),
    now() + interval '1 day', '{}'
  from public.strategies where slug = 'test-hand'
  returning signals;
$$;
create function pg_temp.message(signal public.signals)
returns jsonb
language sql
as $$
  select private.signal_message(signal, 'test-hand', signal.expires_at);
$$;
create function pg_temp.enqueue(symbol text, times integer default 1)
returns void
language sql
as $$
  select private.enqueue_messages(array['test_hand'], array[signal], array[pg_temp.message(signal)])
  from (select pg_temp.store(symbol) from generate_series(1, times)) as stored (signal);
$$;
create function pg_temp.claim(quantity integer default 1)
returns text
language sql
as $$
  select string_agg(concat_ws(' ', message ->> 'symbol', receipt), ', ')
  from public.claim_signals('test_hand', 'test', quantity);
$$;
create function pg_temp.oldest(symbol text)
returns bigint
language sql
as $$
  select min(msg_id) from pgmq.q_test_hand where message ->> 'symbol' = oldest.symbol;
$$;
create function pg_temp.rows_waiting()
returns bigint
language sql
as $$
  select count(*) from private.waiting_messages where queue = 'test_hand';
$$;

-- Messages deleted by hand
select pg_temp.enqueue('A', 3);
select pgmq.delete('test_hand', pg_temp.oldest('A'));
select pgmq.archive('test_hand', pg_temp.oldest('A'));
create temporary table last as select pg_temp.oldest('A') as message_id;
select is((select message_id from public.claim_signals('test_hand', 'test')), message_id,
  'a claim passes over what was deleted and archived by hand: its lane goes on at once') from last;
select is_empty('select from public.queue_outcomes where queue = ''test_hand''', 'what is deleted has no outcome');
select pg_temp.enqueue('A');
select pgmq.delete('test_hand', message_id) from last;
select is(public.complete_signal('test_hand', message_id, 1), false,
  'a worker is told that its signal was deleted') from last;
select is(pg_temp.claim(), 'A 1', 'and its lane goes on at once');
select pg_temp.enqueue('A');
select pgmq.delete('test_hand', pg_temp.oldest('A'));
select is(public.fail_signal('test_hand', message_id, 1, 'no'), 'lost', 'a deleted signal cannot be given back')
from private.waiting_messages where queue = 'test_hand' and is_leased;
select is(pg_temp.claim(), 'A 1', 'and its lane goes on at once then, too');

select pg_temp.enqueue('Bn', 20);
select pg_temp.enqueue('B', 20);
select pgmq.purge_queue('test_hand');
select pg_temp.enqueue('C');
select is(pg_temp.claim(10), 'C 1', 'a purged queue goes on with what comes next');
select is(pg_temp.rows_waiting(), 1::bigint, 'and nothing is left of the others');
select pgmq.purge_queue('test_hand');
select is(pg_temp.claim(10), null, 'nothing is handed out of an empty queue');
select pg_temp.enqueue('C');
select pgmq.purge_queue('test_hand');
select private.reap_queue('test_hand');
select is(pg_temp.rows_waiting(), 0::bigint, 'if no worker claims, cron sees to it');

-- Messages read by hand
select pg_temp.enqueue('D');
select pgmq.read('test_hand', 3600, 1);
select is(pg_temp.claim(), null, 'what somebody reads by hand is not handed out');
select pgmq.set_vt('test_hand', pg_temp.oldest('D'), 0);
select private.reap_queue('test_hand');
select is(pg_temp.claim(), 'D 2', 'until it is visible again: a receipt counts all reads');
select is((select read_ct from pgmq.q_test_hand), 2, 'pgmq counts the reads');
select ok(vt > now() + interval '29 seconds', 'pgmq shows the end of the lease') from pgmq.q_test_hand;
select is(public.complete_signal('test_hand', pg_temp.oldest('D'), 1), false, 'an older receipt completes nothing');
select is(public.complete_signal('test_hand', pg_temp.oldest('D'), 2), true, 'the last one does');

-- Messages sent by hand
select pgmq.send('test_hand', pg_temp.message(pg_temp.store('E')));
select pgmq.send('test_hand', message::jsonb)
from unnest(array['{"signal_id": "no id"}', '{"signal_id": 1}', '[]', 'null', '"text"',
  '{"signal_id": "00000000-0000-0000-0000-000000000000"}']) as message;
select lives_ok('select private.reap_queue(''test_hand'')', 'a message that is no signal''s disturbs nothing');
select is(pg_temp.claim(10), 'E 1', 'a signal that was sent by hand is handed out, and nothing else');
select is((select count(*) from pgmq.q_test_hand), 7::bigint, 'what is not ours stays where it is');

select pg_temp.enqueue('F');
select pgmq.drop_queue('test_hand');
select throws_ok('select pg_temp.claim()', 'P0002', 'There is no queue "test_hand"', 'a dropped queue is named');
select throws_ok('select public.complete_signal(''test_hand'', 1, 1)', 'P0002', null, 'also to who completes');
select private.reap_queue('test_hand');
select is(pg_temp.rows_waiting(), 0::bigint, 'of a dropped queue nothing is kept');

select * from finish();
rollback;
