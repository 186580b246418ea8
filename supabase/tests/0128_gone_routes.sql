begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
update public.dispatches set status = 'cancelled' where status = 'pending';
delete from public.incidents;
delete from public.routes where strategy_id is null;
delete from private.route_health;
update public.routes set enabled = true where is_gone;

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
create function pg_temp.route()
returns text
language sql
as $$
  select concat_ws(' ', case when enabled then 'on' else 'off' end, case when is_gone then 'gone' end)
  from public.routes join public.strategies on strategies.id = strategy_id
  where slug = 'test-answers' and kind = 'http';
$$;
create function pg_temp.incidents()
returns text[]
language sql
as $$
  select coalesce(array_agg(concat_ws(' ', kind, status, count) order by id), '{}')
  from public.incidents where kind in ('route_disabled', 'dead_letters', 'exit_failed');
$$;

-- In a row
select pg_temp.dispatch(name) from unnest('{a,b,c,d}'::text[]) as name;
select pg_temp.answer('{"a": 410}'), pg_temp.answer('{"b": 410}');
select pg_temp.answer('{"c": 500}');
select pg_temp.answer('{"a": 410}'), pg_temp.answer('{"b": 410}');
select is(pg_temp.route(), 'on', 'another answer begins the count anew');
select pg_temp.answer('{"c": 200, "a": 410}');
select is(pg_temp.route(), 'on', 'as does a delivery, beside it too');
select pg_temp.answer('{"a": 410, "b": 410, "d": 404}');
select is(pg_temp.route(), 'on', 'and any other answer at the same time');
select pg_temp.dispatch('test', 'buy', true);
update public.dispatches set role = 'test' from pg_temp.known where known.id = dispatches.id and name = 'test';
select pg_temp.answer('{"a": 410}'), pg_temp.answer('{"b": 410}'), pg_temp.answer('{"test": 410}');
select is(pg_temp.route(), 'on', 'a test counts for nothing');
select is(pg_temp.incidents(), '{}', 'of all this nothing is an incident');

-- Gone
select pg_temp.dispatch('waits'), pg_temp.dispatch('exit', 'exit'), pg_temp.dispatch('flies');
update public.dispatches set leased_until = clock_timestamp() + interval '1 minute'
from pg_temp.known where known.id = dispatches.id and name = 'flies';
select is(pg_temp.answer('{"a": 410}'), '{dead}', 'the third 410 in a row is the last');
select is(pg_temp.route(), 'off gone', 'it turns the route off');
select ok(disabled_at between now() and clock_timestamp(), 'since then') from public.routes where is_gone;
select is(pg_temp.state(name), 'dead: The route is off: its target is gone', format('%s is dead, and why', name))
from unnest('{a,b,d,waits,exit}'::text[]) as name;
select is(pg_temp.state('flies'), 'pending', 'what is in flight may finish');
select is(pg_temp.incidents(), '{"exit_failed open 1","route_disabled open 5"}',
  'one incident counts what died, and the exit is urgent');
select is(details ->> 'meaning',
  'its target is gone (410 three times in a row): mend it, then PATCH the route {"enabled": true}',
  'the incident says what to do')
from public.incidents where kind = 'route_disabled';
select ok(details ->> 'target' = 'https://example.com/…', 'and shows the host alone')
from public.incidents where kind = 'route_disabled';
select is(actor, 'dispatch', 'the audit says that nobody but the router did it')
from public.strategy_events where event = 'route_changed' order by id desc limit 1;

-- Later
select pg_temp.answer('{"flies": 410}');
select is(pg_temp.state('flies'), 'dead: The route is off: its target is gone', 'what was in flight ends with it');
select pg_temp.dispatch('late');
select private.wake_dispatch();
select is(pg_temp.state('late'), 'dead: The route is off: its target is gone', 'cron ends what came meanwhile');
update public.incidents set last_seen_at = now() - interval '2 days';
select private.resolve_quiet();
select is(pg_temp.incidents(), '{"exit_failed resolved 1","route_disabled open 7"}',
  'the incident stays open while the route is off');
select is(
  public.replay_signals(strategy => 'test-answers', status => 'dead') ->> 'done', 'true',
  'a replay of what died is done');
select is_empty(
  'select from public.dispatches join public.strategies on strategies.id = strategy_id
   where slug = ''test-answers'' and replay_id is not null',
  'and sends nothing to a route that is off');

-- On again
update public.routes set enabled = true where is_gone;
select is(pg_temp.route(), 'on', 'an operator turns it on');
select is(pg_temp.incidents(), '{"exit_failed resolved 1","route_disabled resolved 7"}',
  'which resolves the incident');
select pg_temp.dispatch('next');
select pg_temp.answer('{"next": 410}'), pg_temp.answer('{"next": 410}');
select is(pg_temp.route(), 'on', 'it begins anew');
update public.routes set target = 'https://example.com/moved' where target = 'https://example.com/hook';
select pg_temp.answer('{"next": 410}');
select is(pg_temp.route(), 'on', 'as does one with another target');
select pg_temp.answer('{"next": 410}'), pg_temp.answer('{"next": 410}');
select is(pg_temp.route(), 'off gone', 'until that is gone as well');
update public.routes set target = 'https://example.com/moved_again' where is_gone;
select is(pg_temp.route(), 'off gone', 'another target alone turns nothing on');
select is(status, 'open', 'nor resolves the incident') from public.incidents
where kind = 'route_disabled' order by id desc limit 1;
select is(jsonb_path_query_first(routes, '$[*] ? (@.kind == "http")') - '{id,disabled_at}'::text[],
  '{"kind": "http", "target": "https://example.com/…", "enabled": false, "is_gone": true}', 'operators see it')
from (select public.show_strategy('test-answers') -> 'routes' as routes) as shown;
delete from public.routes where is_gone;
select is(status, 'resolved', 'a deleted route is no incident') from public.incidents
where kind = 'route_disabled' order by id desc limit 1;

select * from finish();
rollback;
