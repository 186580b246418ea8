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

-- Lanes
select pg_temp.dispatch('a1', 'buy', 'A');
select pg_temp.dispatch('a2', 'sell', 'A');
select pg_temp.dispatch('b1', 'buy', 'B');
select pg_temp.dispatch('o1', 'buy', 'A', 'test-other');
select is(pg_temp.claim(), '{a1,b1,o1}', 'of a strategy and symbol only the oldest is handed out');
select is(pg_temp.claim(), '{}', 'a leased dispatch is handed out to no other worker');
select ok(claim ->> 'secret' like 'whsec_%' and claim #>> '{message,strategy}' = 'test-dispatch',
  'a claim contains what a delivery needs') from pg_temp.claims limit 1;
select is(pg_temp.settle('a1'), 'delivered', 'a result without an error is a delivery');
select is(pg_temp.claim(), '{a2}', 'settling a dispatch lets the next of its lane go');

-- Leases and fences
update public.dispatches set leased_until = clock_timestamp() where status = 'pending';
select is(pg_temp.claim(), '{a2,b1,o1}', 'an unsettled dispatch is handed out again when its lease ends');
select is(pg_temp.settle('b1', fence => 1), 'lost', 'a late answer with an old fence settles nothing');
select is(pg_temp.status('b1'), 'pending', 'a lost dispatch stays with the other worker');
select is_empty('select from public.dispatch_attempts join pg_temp.known on id = dispatch_id where name = ''b1''',
  'a lost dispatch has no attempt');
select is(pg_temp.settle('b1'), 'delivered', 'the current fence settles');
select is(pg_temp.settle('b1'), 'lost', 'a dispatch is settled once');

-- Exits
select pg_temp.dispatch('a3', 'exit', 'A');
select is(pg_temp.status('a2'), 'pending', 'an entry in flight may finish');
select is(pg_temp.claim(), '{}', 'while an entry is in flight its exit waits');
select is(pg_temp.settle('a2', '{"error": "no"}'), 'cancelled',
  'an entry that fails after its exit came is not tried again');
select is(pg_temp.claim(), '{a3}', 'then the exit goes');
select pg_temp.settle('a3');
select pg_temp.dispatch('c1', 'buy', 'C');
select pg_temp.dispatch('c2', 'exit', 'C');
select is(pg_temp.status('c1'), 'cancelled', 'an exit cancels the waiting entries of its symbol');
select pg_temp.dispatch('d1', 'buy', 'D');
select is(pg_temp.claim(1), '{c2}', 'across symbols exits go first');
select is(pg_temp.claim(1), '{}', 'a route that is full takes no more');
select pg_temp.settle('c2');
select pg_temp.settle('o1');
select is(pg_temp.claim(1), '{d1}', 'and entries after them');
select pg_temp.dispatch('d2', 'exit', 'D');
update public.dispatches set leased_until = clock_timestamp() where status = 'pending';
select is(pg_temp.claim(), '{d2}', 'an entry whose worker died does not go again once its exit came');
select is(pg_temp.status('d1'), 'cancelled', 'it is cancelled');
select pg_temp.settle('d2');

-- Paused and disabled
select pg_temp.dispatch('e1', 'buy', 'E');
update public.strategies set status = 'paused' where slug = 'test-dispatch';
select is(pg_temp.claim(), '{}', 'nothing of a paused strategy is handed out');
select is(private.dispatch_due(), false, 'no worker is woken for it');
update public.strategies set status = 'active' where slug = 'test-dispatch';
update public.routes set enabled = false where target = 'https://example.com/test-dispatch';
select is(pg_temp.claim(), '{}', 'nothing of a disabled route is handed out');
update public.routes set enabled = true;
select is(private.dispatch_due(), true, 'a worker is woken for what it may deliver');

-- Many behind a head that waits
select pg_temp.claim();
select pg_temp.settle('e1');
select pg_temp.dispatch('w0', 'buy', 'W');
update public.dispatches set next_attempt_at = now() + interval '1 hour' from pg_temp.known
where known.id = dispatches.id and name = 'w0';
select pg_temp.dispatch('w' || n, 'buy', 'W') from generate_series(1, 250) as n;
select pg_temp.dispatch('v1', 'buy', 'V');
select is(pg_temp.claim(), '{v1}', 'what waits behind others hides no other symbol');
select pg_temp.settle('v1');

-- Places
insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://' || host || '.example.net/'
from public.strategies, unnest('{one,two}'::text[]) as host where slug = 'test-other';
delete from public.routes where target = 'https://example.com/test-other';
create function pg_temp.claim_places(quantity integer)
returns text[]
language sql
as $$
  select coalesce(array_agg(host order by host), '{}')
  from jsonb_array_elements(public.claim_dispatches(quantity)) as claim,
    substring(claim ->> 'target' from '//([^.]+)') as host;
$$;
select private.dispatch_signals(array[signals], array[route])
from public.strategies
join public.routes as route on strategy_id = strategies.id and target like '%.example.net/',
  generate_series(1, 6) as n
cross join (select signals as stored from public.signals limit 1) as any_signal
cross join lateral jsonb_populate_record(stored, jsonb_build_object(
  'strategy_id', strategies.id, 'symbol', 'P' || n, 'action', 'buy', 'intent', null,
  'expires_at', now() + interval '1 day')) as signals
where slug = 'test-other';
select is(pg_temp.claim_places(2), '{one,two}', 'scarce places go to hosts in turn');
select is(pg_temp.claim_places(9), '{one,two}', 'a host gets its second place while eight are free');
select is(pg_temp.claim_places(9), '{}', 'and its third not before twelve are');
select is(pg_temp.claim_places(64), '{one,one,one,one,two,two,two,two}',
  'where there are enough it gets all that it can use');

select * from finish();
rollback;
