begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.routes where strategy_id is null;
insert into public.strategies (name) values ('Test Waiting');

create function pg_temp.enqueue(variadic kinds text[])
returns void
language sql
as $$
  with stored as (
    insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at,
      expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', split_part(kind, ' ', 1),
      nullif(split_part(kind, ' ', 2), ''), now(), now() + place * interval '1 minute',
      jsonb_build_object('place', place)
    from public.strategies, unnest(kinds) with ordinality as kinds (kind, place)
    where slug = 'test-waiting'
    returning signals
  )
  select private.enqueue_messages(array_agg('test_waiting'::text),
    array_agg(signals order by (signals).payload -> 'place'),
    array_agg(to_jsonb(signals) order by (signals).payload -> 'place'))
  from stored;
$$;

select pg_temp.enqueue('buy A', 'sell A', 'exit A', 'buy B', 'hold');
select results_eq(
  'select message ->> ''action'' from pgmq.q_test_waiting order by msg_id', '{buy,sell,exit,buy,hold}'::text[],
  'messages are sent in order');
select results_eq($$
  select (message ->> 'id')::uuid, (message ->> 'strategy_id')::uuid, coalesce(message ->> 'symbol', ''),
    (message ->> 'expires_at')::timestamptz
  from pgmq.q_test_waiting order by msg_id
  $$, $$
  select signal_id, strategy_id, symbol, expires_at
  from private.waiting_messages where queue = 'test_waiting' order by message_id
  $$, 'each has a row with its signal, lane and end');
select results_eq($$
  select action || ' ' || symbol, is_entry, is_exit
  from private.waiting_messages join pgmq.q_test_waiting on msg_id = message_id,
    lateral (select message ->> 'action') as kind (action)
  where queue = 'test_waiting' order by message_id
  $$, $$values ('buy A', true, false), ('sell A', true, false), ('exit A', false, true), ('buy B', true, false),
    ('hold ', false, false)$$, 'and what it does to the position');
select results_eq($$
  select message_id from private.waiting_messages where queue = 'test_waiting' and is_candidate order by message_id
  $$, $$
  select msg_id from pgmq.q_test_waiting where message ->> 'action' <> 'sell' order by msg_id
  $$, 'of a batch the first of each lane is a candidate, and each exit');
select throws_ok($$
  update private.waiting_messages set is_leased = true where queue = 'test_waiting' and symbol = 'A'
  $$, '23505', null, 'two messages of a lane cannot be leased at once');

select is((select array_agg(queue) from unnest(private.known_queues()) as queue where queue like 'test\_waiting%'),
  '{test_waiting}', 'a queue of a route is known, once');
delete from public.routes where target = 'test_waiting';
select ok('test_waiting' = any (private.known_queues()), 'a queue with messages is known without its route');
delete from private.waiting_messages where queue = 'test_waiting';
select ok('test_waiting' <> all (private.known_queues()), 'another is not');
insert into public.queue_outcomes (queue, message_id, signal_id, strategy_id, outcome, reads)
values ('test_waiting', 1, gen_random_uuid(), gen_random_uuid(), 'completed', 1);
select ok('test_waiting' = any (private.known_queues()), 'a queue with outcomes is known without its route');

select pg_temp.enqueue('buy OLD');
select pgmq.drop_queue('test_waiting');
select pgmq.create('test_waiting');
select pg_temp.enqueue('sell NEW', 'sell NEW', 'sell NEW', 'sell NEW', 'sell NEW', 'sell NEW', 'sell NEW');
select is_empty($$
  select from private.waiting_messages join pgmq.q_test_waiting on msg_id = message_id
  where queue = 'test_waiting' and signal_id <> (message ->> 'id')::uuid
  $$, 'in a queue that was made again, whose ids begin anew, no row is of an old message');

select * from finish();
rollback;
