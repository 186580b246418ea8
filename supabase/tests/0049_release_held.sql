begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

insert into public.strategies (name, rate_limit_per_minute) values ('Test Release', 3), ('Test Paused', 3);
create temp table known (name text primary key, id uuid);

-- Holds a signal under a name; each arrives a second after the one before it.
create function pg_temp.hold(
  name text, action text, symbol text, endpoint text default 'dedicated', strategy text default 'test-release')
returns void
language sql
as $$
  insert into pg_temp.known values (name, gen_random_uuid());
  insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, symbol, endpoint,
    received_at, expires_at, payload)
  select known.id, strategies.id, gen_random_uuid(), gen_random_uuid(), 'held', hold.action, hold.symbol, hold.endpoint,
    now() - interval '1 minute' + (select count(*) from pg_temp.known) * interval '1 second', now() + interval '1 hour',
    '{}'
  from public.strategies, pg_temp.known where slug = hold.strategy and known.name = hold.name;
$$;

create function pg_temp.release(strategy text default 'test-release')
returns boolean
language sql
as $$
  select private.release_held(id) from public.strategies where slug = strategy;
$$;

-- Later nothing counts any more.
create function pg_temp.pass_time()
returns void
language sql
as $$
  update public.signals set accepted_at = accepted_at - interval '2 minutes'
  where id in (select id from pg_temp.known);
$$;

create function pg_temp.with_status(status text)
returns text[]
language sql
as $$
  select coalesce(array_agg(name order by signals.accepted_at, name), '{}')
  from public.signals join pg_temp.known using (id) where signals.status = with_status.status;
$$;

create function pg_temp.messages()
returns text[]
language sql
as $$
  select coalesce(array_agg(name order by msg_id), '{}')
  from pgmq.q_test_release join pg_temp.known on id = (message ->> 'signal_id')::uuid;
$$;

-- Limits and order
select pg_temp.hold(name, 'buy', symbol)
from (values ('a', 'A'), ('b', 'B'), ('c', 'A'), ('d', 'A'), ('e', 'E')) as held (name, symbol);
select pg_temp.release();
select is(pg_temp.messages(), '{a,b,c}', 'as many are sent as the limit allows, in order of arrival');
select pg_temp.release();
select is(pg_temp.with_status('held'), '{d,e}', 'the rest waits');
select is(signals.routes, '{queue:test_release}', 'a released signal has its routes')
from public.signals join pg_temp.known using (id) where name = 'a';

-- Exits only
select pg_temp.hold('r', 'buy', 'R');
update public.signals set intent = 'reverse_to_long', quantity = 2 from pg_temp.known
where known.id = signals.id and name = 'r';
update public.strategies set status = 'exits_only' where slug = 'test-release';
select is(pg_temp.with_status('suppressed'), '{d,e}', 'held entries end when only exits may pass');
select pg_temp.pass_time();
select pg_temp.hold('f', 'buy', 'F');
select pg_temp.release();
select is(pg_temp.with_status('suppressed'), '{d,e,f}', 'also one that was held since');
select is(array[action, intent, quantity::text, reduced_from], '{exit,close_short,null,reverse_to_long}',
  'of a reversal the closing half is released')
from public.signals join pg_temp.known using (id) where name = 'r' and status = 'accepted';
update public.strategies set status = 'active' where slug = 'test-release';

-- Time
select pg_temp.pass_time();
select pg_temp.hold('late', 'buy', 'L');
update public.signals set expires_at = clock_timestamp()
from pg_temp.known where known.id = signals.id and name = 'late';
select pg_temp.release();
select is(pg_temp.with_status('held'), '{late}', 'what is late is not released');
select private.expire_held();
select is(pg_temp.with_status('expired'), '{late}', 'it expires');
select isnt_empty($$ select from public.incidents join public.strategies on strategies.id = strategy_id
  where kind = 'signal_expired' and slug = 'test-release' $$, 'which is an incident');

-- Paused
select pg_temp.hold('p', 'buy', 'P', strategy => 'test-paused');
update public.strategies set status = 'paused' where slug = 'test-paused';
select is_empty($$ select from public.strategies where id in (select private.strategies_with_held())
  and slug = 'test-paused' $$, 'a paused strategy is passed over');
select is(pg_temp.release('test-paused'), false, 'nothing of it is released');
select is(pg_temp.with_status('held'), '{p}', 'it is held on');

-- The universal limit
update public.router_settings set universal_rate_limit_per_minute = 1 + (
  select count(*) from public.signals where endpoint = 'universal' and accepted_at > now() - interval '1 minute');
select pg_temp.hold(name, 'buy', name, endpoint)
from (values
  ('u1', 'universal'), ('u2', 'dedicated'), ('u3', 'universal'), ('u4', 'dedicated')) as held (name, endpoint);
select pg_temp.release();
select is(pg_temp.with_status('held'), '{p,u3,u4}', 'the universal limit holds, and what came later waits behind it');
update public.router_settings set universal_rate_limit_per_minute = null;

-- Steps
update public.strategies set rate_limit_per_minute = null where slug = 'test-release';
select pg_temp.hold('s' || n, 'buy', 'S') from generate_series(1, 120) as n;
select is(pg_temp.release(), true, 'a step that is full says that there may be more');
select is(cardinality(pg_temp.with_status('held')), 1 + 122 - 100, 'a step releases a hundred');
select is(pg_temp.release(), false, 'the last step says that there is no more');

select * from finish();
rollback;
