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

create function pg_temp.status(name text)
returns text
language sql
as $$
  select status from public.dispatches join pg_temp.known using (id) where known.name = status.name;
$$;

select pg_temp.dispatch('h1', 'buy', 'H');
update public.dispatches set expires_at = clock_timestamp()
from pg_temp.known where known.id = dispatches.id and name = 'h1';
select private.wake_dispatch();
select is(pg_temp.status('h1'), 'expired', 'a late dispatch expires even if no worker claims');
select isnt_empty('select from public.incidents where kind = ''signal_expired''', 'an expired signal is an incident');
select is(signals.status, 'expired', 'a signal that was delivered nowhere is expired')
from public.signals join public.dispatches on signal_id = signals.id join pg_temp.known on known.id = dispatches.id
where name = 'h1';

-- Wiring
update public.router_settings set internal_url = null;
select private.wake_dispatch();
select is(status, 'open', 'while the functions'' address is not known an incident is open')
from public.incidents where kind = 'dispatch_unwired';
update public.router_settings set internal_url = 'http://127.0.0.1:9/functions/v1';
select private.wake_dispatch();
select is(status, 'resolved', 'it is over when the address is known')
from public.incidents where kind = 'dispatch_unwired';

select * from finish();
rollback;
