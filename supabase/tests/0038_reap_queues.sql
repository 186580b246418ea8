begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.incidents;
delete from public.routes where strategy_id is null;
insert into public.strategies (name) values ('Test Reap');

create function pg_temp.enqueue(action text, symbol text, times integer default 1)
returns void
language sql
as $$
  with stored as (
    insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at,
      expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', action, symbol, now(),
      now() + interval '1 day', '{}'
    from public.strategies, generate_series(1, times) where slug = 'test-reap'
    returning signals
  )
  select private.enqueue_messages(array_agg('test_reap'::text), array_agg(signals),
    array_agg(private.signal_message(signals, 'test-reap', (signals).expires_at)))
  from stored;
$$;
create function pg_temp.expire()
returns void
language sql
as $$
  update private.waiting_messages set expires_at = now() where queue = 'test_reap';
$$;
create function pg_temp.outcomes()
returns text
language sql
as $$
  select string_agg(outcome || ' ' || count, ', ' order by outcome)
  from (select outcome, count(*) from public.queue_outcomes where queue = 'test_reap' group by outcome) as counted;
$$;

select pg_temp.enqueue('buy', 'A');
select public.claim_signals('test_reap', 'test');
select pg_temp.enqueue('buy', 'B', 501);
select pg_temp.expire();
select is(private.reap_queue('test_reap'), 500, 'one step retires at most 500');
select is(private.reap_queue('test_reap'), 1, 'the next those that are left');
select is(pg_temp.outcomes(), 'expired 501', 'an expired signal that a worker has is left to it');
select is((select count(*) from public.signals join public.strategies on strategies.id = strategy_id
    where slug = 'test-reap' and signals.status = 'expired'), 501::bigint, 'their signals have expired');
select is((select count(*) from pgmq.a_test_reap), 501::bigint, 'their messages are in the archive');
select is((select count from public.incidents where kind = 'signal_expired'), 501::bigint,
  'an incident counts the signals');
select is(public.complete_signal('test_reap', message_id, 1), true, 'and the worker completes what it has')
from private.waiting_messages where queue = 'test_reap';

select pg_temp.enqueue('buy', 'C', 600);
select pg_temp.expire();
select pg_temp.enqueue('sell', 'C');
select is(message ->> 'action', 'sell', 'a claim hands out what is live, behind whatever has expired')
from public.claim_signals('test_reap', 'test');
select is((select count(*) from private.waiting_messages where queue = 'test_reap'), 1::bigint,
  'which is retired first');

delete from public.queue_outcomes where queue = 'test_reap';
select pg_temp.enqueue('buy', 'D');
select pg_temp.enqueue('exit', 'D');
select private.reap_queue('test_reap');
select is(pg_temp.outcomes(), 'cancelled 1', 'if no worker claims, an exit cancels the entries before it all the same');
update private.waiting_messages set reads = 5, visible_at = now(), is_leased = false
where queue = 'test_reap' and is_exit;
select private.reap_queue('test_reap');
select is(pg_temp.outcomes(), 'cancelled 1, dead 1', 'what was read five times is dead');
select isnt_empty('select from public.incidents where kind = ''dead_letters''', 'with an incident');

-- Archives
update pgmq.a_test_reap set archived_at = now() - interval '2 days'
where msg_id in (select msg_id from pgmq.a_test_reap order by msg_id limit 3);
insert into pgmq.a_test_reap (msg_id, vt, archived_at, message)
values (-1, now(), now() - interval '2 days', '{"another": "application"}');
create temporary table counted as select count(*) as before from pgmq.a_test_reap;
select is(private.empty_archives(now() - interval '1 day'), 3::bigint, 'an archive is emptied by age');
select is((select count(*) from pgmq.a_test_reap), before - 3, 'what is younger stays') from counted;
select isnt_empty('select from pgmq.a_test_reap where msg_id = -1', 'and what is no signal');
select is(private.empty_archives(now() - interval '1 day'), 0::bigint, 'once');

select * from finish();
rollback;
