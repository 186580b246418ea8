begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.incidents;
insert into public.strategies (name) values ('Test Silent');
create temp table silent as select id from public.strategies where slug = 'test-silent';
insert into public.workers (name, queues) values ('mt5', '{test_silent}');
insert into private.worker_presence (worker_id, last_seen_at, version)
select id, now() - interval '10 minutes', '1.2' from public.workers where name = 'mt5';
insert into private.waiting_messages
  (queue, message_id, signal_id, strategy_id, symbol, role, is_urgent, expires_at, visible_at)
select 'test_silent', 1, gen_random_uuid(), id, '', 'open_long', false, now() + interval '1 hour',
  now() - interval '2 minutes'
from silent;

create function pg_temp.incidents()
returns bigint
language sql
as $$
  select private.watch_workers();
  select count(*) from public.incidents where kind = 'worker_silent' and subject = 'queue:test_silent';
$$;

select is(pg_temp.incidents(), 0::bigint, 'a queue that never had a worker has no silent one');

insert into private.queue_workers (queue, first_claimed_at, last_claimed_at)
values ('test_silent', now() - interval '1 day', now() - interval '2 minutes');
select is(pg_temp.incidents(), 0::bigint, 'a worker that claimed two minutes ago is not silent');

update private.queue_workers set last_claimed_at = now() - interval '4 minutes' where queue = 'test_silent';
update public.strategies set status = 'paused' where slug = 'test-silent';
select is(pg_temp.incidents(), 0::bigint, 'signals of a paused strategy wait for no worker');

update public.strategies set status = 'active' where slug = 'test-silent';
update private.waiting_messages set visible_at = now() + interval '1 minute' where queue = 'test_silent';
select is(pg_temp.incidents(), 0::bigint, 'signals that are tried again later wait for no worker');

update private.waiting_messages set visible_at = now() - interval '2 minutes' where queue = 'test_silent';
select is(pg_temp.incidents(), 1::bigint, 'a worker that has stopped claiming while signals wait is an incident');
select is(
  details #> '{workers,0}' ->> 'name' || ' ' || (details #>> '{workers,0,version}'), 'mt5 1.2',
  'the incident names the worker and its version')
from public.incidents where kind = 'worker_silent' and subject = 'queue:test_silent';

select * from finish();
rollback;
