begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.routes where strategy_id is null;
insert into public.strategies (name) values ('Test Pick'), ('Test Other');

create function pg_temp.enqueue(action text, symbol text, times integer default 1, slug text default 'test-pick')
returns void
language plpgsql
as $$
declare
  signal public.signals;
begin
  for n in 1..times loop -- each in a batch of its own
    insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at,
      expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', enqueue.action,
      case when enqueue.symbol like '%n' then enqueue.symbol || n else enqueue.symbol end, now(),
      now() + interval '1 day', '{}'
    from public.strategies where strategies.slug = enqueue.slug
    returning * into signal;
    perform private.enqueue_messages(array['test_pick'], array[signal], array[to_jsonb(signal)]);
  end loop;
end;
$$;
create function pg_temp.claim(quantity integer default 1)
returns text
language sql
as $$
  select string_agg(concat_ws(' ', message ->> 'action', message ->> 'symbol'), ', ')
  from public.claim_signals('test_pick', 'test', quantity);
$$;
-- Returns how many rows of waiting messages this transaction has read.
create function pg_temp.rows_read()
returns bigint
language sql
as $$
  select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relid = 'private.waiting_messages'::regclass;
$$;
create function pg_temp.let_leases_end()
returns void
language sql
as $$
  update pgmq.q_test_pick set vt = clock_timestamp();
  update private.waiting_messages set visible_at = clock_timestamp() where queue = 'test_pick' and is_leased;
$$;
create function pg_temp.outcomes()
returns text
language sql
as $$
  select string_agg(concat_ws(' ', action, symbol, outcome), ', ' order by queue_outcomes.id)
  from public.queue_outcomes join public.signals on signals.id = signal_id where queue = 'test_pick';
$$;

-- The plans could be kept from an empty queue, whatever statistics other tests have left.
analyze private.waiting_messages;
select pg_temp.claim() from generate_series(1, 10);
select pg_temp.enqueue('buy', 'Sn', 300);
select pg_temp.enqueue('buy', 'LONG', 3000);
create temporary table reads as select pg_temp.rows_read() as before;
select pg_temp.claim();
select cmp_ok(pg_temp.rows_read() - before, '<', 100::bigint, 'a claim reads few rows of a long queue') from reads;
select pg_temp.claim(100) from generate_series(1, 3); -- all lanes, LONG too
select is(pg_temp.claim(), null, 'a leased lane has nothing to hand out, however long it is');
select pg_temp.claim();
update reads set before = pg_temp.rows_read() where true;
select pg_temp.claim();
select cmp_ok(pg_temp.rows_read() - before, '<', 500::bigint, 'and is passed over later') from reads;
select pg_temp.enqueue('buy', 'FREE');
select is(pg_temp.claim(), 'buy FREE', 'a free lane behind it is found');

select pgmq.purge_queue('test_pick');
delete from private.waiting_messages where queue = 'test_pick';
select pg_temp.enqueue('buy', 'A');
select pg_temp.enqueue('hold', 'A');
select pg_temp.enqueue('buy', 'A');
select pg_temp.enqueue('exit', 'A');
select is(pg_temp.claim(), 'hold A', 'an exit cancels entries only, and waits for the rest of its lane');
select is(pg_temp.outcomes(), 'buy A cancelled, buy A cancelled', 'the entries are cancelled');
select pg_temp.enqueue('buy', 'B');
select pg_temp.enqueue('buy', 'C');
select is(pg_temp.claim(2), 'buy B, buy C', 'lanes are claimed in order');
select pg_temp.enqueue('exit', 'C');
select is(pg_temp.claim(), null, 'an exit waits for the entry that a worker has');
select pg_temp.let_leases_end();
select is(pg_temp.claim(), 'exit C', 'if the worker has not settled it in time, the exit goes first of all lanes');
select is(pg_temp.outcomes(), 'buy A cancelled, buy A cancelled, buy C cancelled', 'and the entry is cancelled');

select pg_temp.let_leases_end();
select pg_temp.enqueue('buy', 'D');
update public.strategies set status = 'paused' where slug = 'test-pick';
select pg_temp.enqueue('sell', 'D', slug => 'test-other');
select is(pg_temp.claim(10), 'sell D', 'a paused strategy holds up no other of its queue, nor of its symbol');
update public.strategies set status = 'active' where slug = 'test-pick';
select is(pg_temp.claim(10), 'exit C, hold A, buy B, buy D', 'once active, its signals are handed out');

select pg_temp.enqueue('exit', 'B');
select is(public.fail_signal('test_pick', message_id, 2, 'no', '1 hour'), 'retrying', 'an entry is given back')
from private.waiting_messages where queue = 'test_pick' and symbol = 'B' and is_leased;
select is(pg_temp.claim(), 'exit B', 'the exit that came meanwhile goes at once');
select is(public.fail_signal('test_pick', message_id, 1, 'no', '1 hour'), 'retrying', 'an exit is given back')
from private.waiting_messages where queue = 'test_pick' and symbol = 'B' and is_leased;
select pg_temp.enqueue('buy', 'B');
select is(pg_temp.claim(), null, 'a signal that is to be tried again holds up its lane');

select * from finish();
rollback;
