begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
update public.dispatches set status = 'cancelled' where status = 'pending';
delete from public.incidents;
delete from public.routes where strategy_id is null;
delete from private.route_health;

insert into public.strategies (name) values ('Test Dispatch'), ('Test Other');
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://example.com/' || slug from public.strategies where slug in ('test-dispatch', 'test-other');

-- Sends a signal on the strategy's http route and gives its dispatch a name.
create temp table known (name text primary key, id uuid);
create function pg_temp.dispatch(name text, action text, symbol text, strategy text default 'test-dispatch')
returns void
language sql
as $$
  with stored as (
    insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at,
      expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', action, symbol, now(),
    now() + interval '1 day', '{}'
    from public.strategies where slug = strategy
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

-- Claims, and returns the sorted names of the dispatches.
create temp table claims (name text, claim jsonb);
create function pg_temp.claim(per_route integer default null)
returns text[]
language sql
as $$
  delete from pg_temp.claims;
  insert into pg_temp.claims
  select known.name, claim from jsonb_array_elements(public.claim_dispatches(64, per_route)) as claim
  join pg_temp.known on known.id = (claim ->> 'id')::uuid;
  select coalesce(array_agg(name order by name), '{}') from pg_temp.claims;
$$;
create function pg_temp.settle(name text, result jsonb default '{}', fence bigint default null)
returns text
language sql
as $$
  select value from jsonb_each_text(public.settle_dispatches((
    select jsonb_build_array(jsonb_build_object(
      'id', dispatches.id, 'fence', coalesce(settle.fence, dispatches.fence), 'duration_ms', 1) || result)
    from public.dispatches join pg_temp.known using (id) where known.name = settle.name)));
$$;
create function pg_temp.status(name text)
returns text
language sql
as $$
  select status from public.dispatches join pg_temp.known using (id) where known.name = status.name;
$$;

create function pg_temp.due()
returns void
language sql
as $$
  update public.dispatches set next_attempt_at = clock_timestamp(), leased_until = null where status = 'pending';
  update private.route_health set paused_until = null;
$$;

select pg_temp.dispatch('e1', 'buy', 'E');

-- Retries
select cmp_ok(extract(epoch from private.retry_delay(attempts)), '>=', seconds * 0.9,
  format('wait %s is not too short', attempts))
from (values (1, 5), (2, 30), (3, 120), (4, 600), (5, 3600), (6, 10800), (11, 10800)) as schedule (attempts, seconds);
select cmp_ok(extract(epoch from private.retry_delay(attempts)), '<=', seconds * 1.1,
  format('wait %s is not too long', attempts))
from (values (1, 5), (2, 30), (3, 120), (4, 600), (5, 3600), (6, 10800), (11, 10800)) as schedule (attempts, seconds);
select pg_temp.claim();
select is(pg_temp.settle('e1', '{"error": "no", "status_code": 500}'), 'pending', 'a failed attempt is tried again');
select is(jsonb_build_array(attempt, status_code, error), '[1, 500, "no"]', 'an attempt is recorded')
from public.dispatch_attempts join pg_temp.known on id = dispatch_id where name = 'e1';

-- A route that fails
create function pg_temp.fail(name text)
returns text
language sql
as $$
  select pg_temp.due();
  select pg_temp.claim();
  select pg_temp.settle(name, '{"error": "no"}');
$$;
select is(pg_temp.fail('e1'), 'pending', format('failure %s', n)) from generate_series(2, 4) as n;
select is(max(paused_until), null, 'a route with four failures goes on')
from private.route_health join public.routes on id = route_id where target like '%/test-dispatch';
select pg_temp.fail('e1');
select ok(paused_until between clock_timestamp() + interval '4 seconds' and clock_timestamp() + interval '5 seconds',
  'a route with five failures pauses for 5 seconds')
from private.route_health join public.routes on id = route_id where target like '%/test-dispatch';
select results_eq('select kind, status from public.incidents where kind = ''route_down''',
  'values (''route_down'', ''open'')', 'it opens one incident');
select is(details ->> 'correlation_id', correlation_id::text, 'whose evidence is the signal that failed last')
from public.incidents, public.signals, public.dispatches, pg_temp.known
where kind = 'route_down' and signal_id = signals.id and known.id = dispatches.id and name = 'e1';
select pg_temp.dispatch('f1', 'buy', 'F');
select is(pg_temp.claim(), '{}', 'a paused route takes nothing');
select pg_temp.due();
select is(cardinality(pg_temp.claim()), 1, 'after its pause it is tried with one dispatch');
select pg_temp.settle(name) from pg_temp.claims;
select is_empty(
  'select from private.route_health join public.routes on id = route_id where target like ''%/test-dispatch''',
  'a route that delivers is whole');
select results_eq('select status from public.incidents where kind = ''route_down''', array['resolved'],
  'its incident is over');

-- The end
select pg_temp.dispatch('g1', 'buy', 'G');
update public.dispatches set attempts = 14 from pg_temp.known where known.id = dispatches.id and name = 'g1';
select pg_temp.claim();
select is(pg_temp.settle('g1', '{"error": "no"}'), 'dead', 'the fifteenth failure is the last');
select isnt_empty('select from public.incidents where kind = ''dead_letters'' and status = ''open''',
  'a dead dispatch is an incident');

-- Jitter
insert into public.strategies (name) values ('Test Jitter');
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://example.com/test-jitter' from public.strategies where slug = 'test-jitter';
select pg_temp.dispatch('j' || n, 'buy', 'J' || n, 'test-jitter') from generate_series(1, 4) as n;
create function pg_temp.waits(retry_after integer)
returns numeric[]
language sql
as $$
  select pg_temp.due();
  select pg_temp.claim();
  select public.settle_dispatches((
    select jsonb_agg(jsonb_build_object('id', id, 'fence', fence, 'duration_ms', 1, 'error', 'no',
      'retry_after_seconds', retry_after))
    from public.dispatches join pg_temp.known using (id) where name like 'j_'));
  select array_agg(distinct extract(epoch from next_attempt_at - clock_timestamp()))
  from public.dispatches join pg_temp.known using (id) where name like 'j_';
$$;
select is(cardinality(pg_temp.waits(0)), 4, 'dispatches that fail together are tried again one by one');
select is(cardinality(pg_temp.waits(120)), 4, 'also after the time that the target asked for');
select cmp_ok(min(wait), '>', 119.0, 'which is kept') from unnest(pg_temp.waits(120)) as wait;

select * from finish();
rollback;
