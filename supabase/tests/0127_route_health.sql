begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
update public.dispatches set status = 'cancelled' where status = 'pending';
delete from public.incidents;
delete from public.routes where strategy_id is null;
delete from private.route_health;

insert into public.strategies (name) values ('Test Answers');
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://example.com/hook' from public.strategies where slug = 'test-answers';

-- Sends a signal on the strategy's http route, so long ago that it is due, and gives its dispatch a name.
create temp table known (name text primary key, id uuid);
create function pg_temp.dispatch(name text, action text default 'buy', is_test boolean default false)
returns void
language sql
as $$
  with stored as (
    insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at,
      expires_at, is_test, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', action, dispatch.name, now(),
      now() + interval '1 day', is_test, '{}'
    from public.strategies where slug = 'test-answers'
    returning signals
  ),
  sent as (
    select (signals).id as signal_id, private.dispatch_signals(array[signals], array[routes])
    from stored join public.routes on routes.strategy_id = (signals).strategy_id and kind = 'http'
  )
  insert into pg_temp.known select name, signal_id from sent;
  -- The dispatch is visible only to the next statement.
  update pg_temp.known set id = dispatches.id from public.dispatches where dispatches.signal_id = known.id;
$$;

-- Settles dispatches with these statuses in one call, as workers do that have leased them; returns their states.
create function pg_temp.answer(answers jsonb)
returns text[]
language sql
as $$
  with settled as (
    select public.settle_dispatches((
      select jsonb_agg(jsonb_build_object('id', id, 'fence', fence, 'duration_ms', 1, 'status_code', status_code)
        || case when status_code::integer < 300 then '{}'
          else jsonb_build_object('error', 'Target answered ' || status_code || ': its secret') end)
      from jsonb_each_text(answers) as answer (name, status_code)
      join pg_temp.known using (name) join public.dispatches using (id))) as states
  )
  select array_agg(states ->> id::text order by name) from settled, pg_temp.known where states ? id::text;
$$;

create function pg_temp.state(name text)
returns text
language sql
as $$
  select concat_ws(': ', status, reason)
  from public.dispatches join pg_temp.known using (id) where known.name = state.name;
$$;

-- Refusals
select is(
  array(select code from generate_series(100, 599) as code where private.is_refused(code)),
  '{400,401,403,404,422}', 'these statuses say that the target does not take the signal');

select pg_temp.dispatch('refused', 'exit');
select is(pg_temp.answer('{"refused": 404}'), '{pending}', format('refusal %s is tried again', n))
from generate_series(1, 3) as n;
select is(pg_temp.answer('{"refused": 500}'), '{pending}', format('error %s counts for nothing', n))
from generate_series(1, 4) as n;
select is(pg_temp.answer('{"refused": 422}'), '{pending}', format('refusal %s is tried again', n))
from generate_series(4, 5) as n;
select is(pg_temp.answer('{"refused": 401}'), '{dead}', 'the sixth refusal is the last');
select is(pg_temp.state('refused'), 'dead: The target refused it 6 times, the last time with 401', 'and the reason');
select is(details ->> 'meaning', 'The target refused it 6 times, the last time with 401', 'the incident says so')
from public.incidents where kind = 'dead_letters';
select is(details ->> 'error', 'Target answered 401', 'and shows no answer of the target')
from public.incidents where kind = 'dead_letters';
select is(error, 'The target refused it 6 times, the last time with 401', 'and so does its outcome')
from public.signal_outcomes join public.strategies on strategies.id = strategy_id
where slug = 'test-answers' and route = 'http:example.com';
select isnt_empty('select from public.incidents where kind = ''exit_failed''', 'an exit that is refused is urgent');

select pg_temp.dispatch('down');
select pg_temp.answer('{"down": 503}') from generate_series(1, 14);
select is(pg_temp.state('down'), 'pending', 'an error of the server is tried again for longer');
select pg_temp.answer('{"down": 503}');
select is(pg_temp.state('down'), 'dead', 'up to fifteen times');

-- Since when a route is off
update public.routes set enabled = false where target = 'https://example.com/hook';
select ok(disabled_at between now() and clock_timestamp(), 'a route that is off says since when')
from public.routes where target = 'https://example.com/hook';
create temp table since as select disabled_at from public.routes where target = 'https://example.com/hook';
update public.routes set symbols = '{X}' where target = 'https://example.com/hook';
select results_eq(
  'select disabled_at from public.routes where target = ''https://example.com/hook''', 'table since',
  'which stays when it is changed');
update public.routes set enabled = true, is_gone = true where target = 'https://example.com/hook';
select is((disabled_at, is_gone)::text, '(,f)', 'a route that is on is neither off nor gone')
from public.routes where target = 'https://example.com/hook';
insert into public.routes (kind, target, enabled) values ('queue', 'test_off', false);
select isnt(disabled_at, null, 'a route may be off from the start') from public.routes where target = 'test_off';

select * from finish();
rollback;
