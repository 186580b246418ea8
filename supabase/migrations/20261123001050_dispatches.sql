create table public.dispatches (
  id uuid primary key default gen_random_uuid(),
  position bigint generated always as identity,
  signal_id uuid not null references public.signals on delete cascade,
  route_id uuid not null references public.routes on delete cascade,
  strategy_id uuid not null references public.strategies on delete cascade,
  symbol text not null,
  is_entry boolean not null,
  is_exit boolean not null,
  target text not null,
  status text not null default 'pending'
    constraint dispatches_status_is_known check (status in ('pending', 'delivered', 'dead', 'expired', 'cancelled')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default clock_timestamp(),
  leased_until timestamptz,
  fence bigint not null default 0,
  expires_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  delivered_at timestamptz,
  replay_id uuid
)
-- Claims read the index of what is pending: keep what has left it from piling up there.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

comment on table public.dispatches is 'One signal on one function or http route, until it is settled. Queues need none: their message is sent with the signal.';
comment on column public.dispatches.position is 'Order of acceptance: within a route, strategy and symbol signals go out in this order, one at a time.';
comment on column public.dispatches.status is 'pending: waiting or under way · delivered: the target answered 2xx · dead: attempts spent · expired: too late to be of use · cancelled: an exit came after it.';
comment on column public.dispatches.next_attempt_at is 'When it is due.';
comment on column public.dispatches.leased_until is 'A worker has it until then; if it dies, another takes over.';
comment on column public.dispatches.fence is 'Counts leases: a worker that was given up settles nothing.';
comment on column public.dispatches.replay_id is 'The replay that asked for it; empty: the signal itself.';

create index dispatches_due on public.dispatches (next_attempt_at) where status = 'pending';
create index dispatches_lane on public.dispatches (route_id, strategy_id, symbol, position) where status = 'pending';
create index dispatches_expiring on public.dispatches (expires_at) where status = 'pending';
create index dispatches_signal_id on public.dispatches (signal_id);
create index dispatches_strategy_id on public.dispatches (strategy_id);

create table public.dispatch_attempts (
  dispatch_id uuid not null,
  attempt integer not null,
  started_at timestamptz not null,
  status_code integer,
  error text,
  duration_ms numeric not null,
  primary key (dispatch_id, attempt, started_at)
) partition by range (started_at);

comment on table public.dispatch_attempts is 'Every try to deliver a dispatch. Partitioned by month.';
comment on column public.dispatch_attempts.status_code is 'What the target answered; empty: it did not.';
comment on column public.dispatch_attempts.error is 'Why it failed, for people; empty: delivered.';

create table private.dispatch_attempts_default partition of public.dispatch_attempts default;

comment on table private.dispatch_attempts_default is 'Takes what no month takes; empty otherwise.';

create table private.route_health (
  route_id uuid primary key references public.routes on delete cascade,
  failures integer not null,
  paused_until timestamptz
);

comment on table private.route_health is
  'Routes whose last deliveries failed: after five in a row a route pauses, then is tried with one dispatch at a time.';

select private.deny_clients('{public.dispatches,public.dispatch_attempts,private.dispatch_attempts_default,private.route_health}');
select private.maintain_partitions('dispatch_attempts', 'started_at');

create function private.is_exit(action text, direction text)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select is_exit.action = 'exit' or is_exit.direction is not distinct from 'flat';
$$;

comment on function private.is_exit(text, text) is 'Whether a signal closes a position.';

create function private.is_entry(action text, direction text)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select is_entry.action in ('buy', 'sell') and is_entry.direction is distinct from 'flat';
$$;

comment on function private.is_entry(text, text) is 'Whether a signal opens or adds to a position: what an exit overtakes.';

create function private.retry_delay(attempts integer)
returns interval
language sql
volatile -- jitter, so that a target that comes back is not met by all at once
set search_path = ''
as $$
  select (array['5 seconds', '30 seconds', '2 minutes', '10 minutes', '1 hour', '3 hours']::interval[])
      [least(retry_delay.attempts, 6)]
    * (0.9 + random() * 0.2);
$$;

comment on function private.retry_delay(integer) is
  'How long to wait after so many failed attempts: 5 s, 30 s, 2 min, 10 min, 1 h, then every 3 h; each ± 10 %.';

create function private.signals_expired(strategy_id uuid, signal_ids uuid[])
returns void
language sql
volatile
set search_path = ''
as $$
  update public.signals set status = 'expired'
  where id = any (signals_expired.signal_ids) and status = 'accepted'
    and not exists (select from public.dispatches where signal_id = signals.id and status = 'delivered');

  select private.open_incident('signal_expired', signals_expired.strategy_id, '',
    jsonb_build_object('signal_ids', to_jsonb(signals_expired.signal_ids[1:10])));
$$;

comment on function private.signals_expired(uuid, uuid[]) is
  'Signals that came too late on a route: marked, unless another route delivered them, and an incident opened.';

create function private.expire_dispatches()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  at constant timestamptz := clock_timestamp(); -- an index is of use for a constant only
  late record;
begin
  for late in
    with expired as (
      update public.dispatches set status = 'expired', leased_until = null
      where id = any (array(
        select id from public.dispatches
        where status = 'pending' and expires_at <= at and (leased_until is null or leased_until <= at)
        for update skip locked))
      returning strategy_id, signal_id
    )
    select strategy_id, array_agg(distinct signal_id) as signal_ids from expired group by strategy_id
  loop
    perform private.signals_expired(late.strategy_id, late.signal_ids);
  end loop;
end;
$$;

comment on function private.expire_dispatches() is 'A late trade is a hazard: what is past its time is not delivered any more.';

create function private.cancel_overtaken(at timestamptz)
returns void
language sql
volatile
set search_path = ''
as $$
  update public.dispatches set status = 'cancelled', leased_until = null
  where id = any (array(
    select id from public.dispatches as entry
    where status = 'pending' and is_entry and leased_until <= cancel_overtaken.at
      and exists (
        select from public.dispatches as later
        where later.route_id = entry.route_id and later.strategy_id = entry.strategy_id
          and later.symbol = entry.symbol and later.position > entry.position
          and later.status = 'pending' and later.is_exit)
    for update skip locked));
$$;

comment on function private.cancel_overtaken(timestamptz) is
  'An entry whose worker died, and that an exit has overtaken meanwhile, does not go out again.';

create function private.dispatch_signal(signal public.signals, route public.routes, expires_at timestamptz, replay_id uuid default null)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  is_exit boolean := private.is_exit(signal.action, signal.direction);
begin
  -- An exit overtakes the entries of its symbol that are still waiting; one that is under way is let finish.
  if is_exit then
    update public.dispatches set status = 'cancelled'
    where route_id = route.id and strategy_id = signal.strategy_id and symbol = coalesce(signal.symbol, '')
      and status = 'pending' and is_entry
      and (leased_until is null or leased_until <= clock_timestamp());
  end if;

  insert into public.dispatches (signal_id, route_id, strategy_id, symbol, is_entry, is_exit, target, expires_at, replay_id)
  values (signal.id, route.id, signal.strategy_id, coalesce(signal.symbol, ''),
    private.is_entry(signal.action, signal.direction), is_exit, route.target,
    dispatch_signal.expires_at, dispatch_signal.replay_id);
end;
$$;

comment on function private.dispatch_signal(public.signals, public.routes, timestamptz, uuid) is
  'Puts a signal on a function or http route.';

create function private.claimable_dispatches(quantity integer, per_route integer, at timestamptz)
returns setof uuid
language sql
stable
set search_path = ''
as $$
  with under_way as (
    select route_id, count(*) as count
    from public.dispatches
    where status = 'pending' and leased_until > claimable_dispatches.at
    group by route_id
  ),
  heads as (
    select dispatches.id, dispatches.is_exit, dispatches.next_attempt_at,
      row_number() over (partition by dispatches.route_id order by is_exit desc, next_attempt_at, position)
        + coalesce(under_way.count, 0) as place,
      case when route_health.failures >= 5 then 1 else per_route end as places
    from public.dispatches
    join public.routes on routes.id = dispatches.route_id and routes.enabled
    join public.strategies on strategies.id = dispatches.strategy_id and strategies.status = 'active'
    left join private.route_health on route_health.route_id = dispatches.route_id
    left join under_way on under_way.route_id = dispatches.route_id
    where dispatches.status = 'pending'
      and dispatches.next_attempt_at <= claimable_dispatches.at
      and (dispatches.leased_until is null or dispatches.leased_until <= claimable_dispatches.at)
      and (route_health.paused_until is null or route_health.paused_until <= claimable_dispatches.at)
      -- One unsettled at a time within a lane: an older one, due or not, goes first.
      and not exists (
        select from public.dispatches as other
        where other.route_id = dispatches.route_id and other.strategy_id = dispatches.strategy_id
          and other.symbol = dispatches.symbol and other.status = 'pending'
          -- Positions are given before transactions commit: a younger one may be under way already.
          and (other.position < dispatches.position or other.leased_until > claimable_dispatches.at))
  )
  select id from heads where place <= places order by is_exit desc, next_attempt_at limit quantity;
$$;

comment on function private.claimable_dispatches(integer, integer, timestamptz) is
  'What may be delivered now: due, first in its lane, its route neither paused nor full; exits first.';

create function public.claim_dispatches(quantity integer, per_route integer default 8, lease_seconds integer default 15)
returns jsonb
language plpgsql
volatile
security definer -- reads the routes' secrets
set search_path = ''
as $$
declare
  at constant timestamptz := clock_timestamp();
  claimed jsonb;
begin
  perform private.expire_dispatches();
  perform private.cancel_overtaken(at);

  with leased as (
    update public.dispatches set
      leased_until = at + make_interval(secs => claim_dispatches.lease_seconds),
      fence = fence + 1
    where id = any (array(
      select id from public.dispatches
      where id = any (array(
          select private.claimable_dispatches(claim_dispatches.quantity, claim_dispatches.per_route, at)))
        and status = 'pending' and (leased_until is null or leased_until <= at)
      for update skip locked))
    returning *
  )
  select jsonb_agg(jsonb_build_object(
    'id', leased.id,
    'fence', leased.fence,
    'kind', routes.kind,
    'target', routes.target,
    'secret', private.route_secret(routes.id),
    'correlation_id', signals.correlation_id,
    'message', private.signal_message(signals, strategies.slug, leased.expires_at, leased.replay_id)))
  into claimed
  from leased
  join public.routes on routes.id = leased.route_id
  join public.signals on signals.id = leased.signal_id
  join public.strategies on strategies.id = leased.strategy_id;

  return coalesce(claimed, '[]');
end;
$$;

comment on function public.claim_dispatches(integer, integer, integer) is
  'Leases due dispatches to a worker: [{id, fence, kind, target, secret, correlation_id, message}]. Settle them before the lease ends.';

create function private.note_route_success(route_id uuid)
returns void
language sql
volatile
set search_path = ''
as $$
  delete from private.route_health where route_health.route_id = note_route_success.route_id;

  update public.incidents set status = 'resolved'
  where kind = 'route_down' and subject = note_route_success.route_id::text and status <> 'resolved';
$$;

comment on function private.note_route_success(uuid) is 'A route delivers again: it is whole, and its incident is over.';

create function private.note_route_failure(route public.routes, error text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  health private.route_health;
begin
  -- What was under way when the route paused says nothing new about it.
  insert into private.route_health as known (route_id, failures) values (route.id, 1)
  on conflict on constraint route_health_pkey do update set
    failures = known.failures + 1,
    paused_until = case when known.failures >= 4
      then clock_timestamp() + least(interval '5 seconds' * 2 ^ least(known.failures - 4, 10), '5 minutes') end
  where known.paused_until is null or known.paused_until <= clock_timestamp()
  returning * into health;

  if health.paused_until is not null then
    perform private.open_incident('route_down', route.strategy_id, route.id::text, jsonb_build_object(
      'kind', route.kind, 'failures', health.failures, 'paused_until', health.paused_until,
      'error', note_route_failure.error));
  end if;
end;
$$;

comment on function private.note_route_failure(public.routes, text) is
  'Counts a route''s failures; from the fifth in a row it pauses for 5 s, 10 s, … at most 5 minutes, and an incident opens.';

create function private.settle_dispatch(result jsonb)
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  dispatch public.dispatches;
  route public.routes;
  max_attempts constant integer := 15; -- more than a day
  next_try timestamptz;
  outcome text;
begin
  select * into dispatch from public.dispatches
  where id = (result ->> 'id')::uuid and fence = (result ->> 'fence')::bigint and status = 'pending'
  for update;
  if not found then
    return 'lost'; -- another worker has it, or it is settled
  end if;

  insert into public.dispatch_attempts (dispatch_id, attempt, started_at, status_code, error, duration_ms)
  values (dispatch.id, dispatch.attempts + 1,
    clock_timestamp() - make_interval(secs => (result ->> 'duration_ms')::double precision / 1000),
    (result ->> 'status_code')::integer, result ->> 'error', (result ->> 'duration_ms')::numeric);

  next_try := clock_timestamp() + greatest(
    private.retry_delay(dispatch.attempts + 1),
    make_interval(secs => least(coalesce((result ->> 'retry_after_seconds')::double precision, 0), 86400)));
  outcome := case
    when result ->> 'error' is null then 'delivered'
    when dispatch.is_entry and exists (
      select from public.dispatches as later
      where later.route_id = dispatch.route_id and later.strategy_id = dispatch.strategy_id
        and later.symbol = dispatch.symbol and later.position > dispatch.position
        and later.status = 'pending' and later.is_exit) then 'cancelled'
    when dispatch.attempts + 1 >= max_attempts then 'dead'
    when next_try >= dispatch.expires_at then 'expired'
    else 'pending' end;

  update public.dispatches set
    status = outcome,
    attempts = attempts + 1,
    leased_until = null,
    next_attempt_at = case outcome when 'pending' then next_try else next_attempt_at end,
    delivered_at = case outcome when 'delivered' then clock_timestamp() end
  where id = dispatch.id;

  if outcome = 'delivered' then
    if exists (select from private.route_health where route_id = dispatch.route_id) then
      perform private.note_route_success(dispatch.route_id);
    end if;
  else
    select * into strict route from public.routes where id = dispatch.route_id;
    perform private.note_route_failure(route, result ->> 'error');
  end if;
  if outcome = 'expired' then
    perform private.signals_expired(dispatch.strategy_id, array[dispatch.signal_id]);
  elsif outcome = 'dead' then
    perform private.open_incident('dead_letters', dispatch.strategy_id, dispatch.route_id::text,
      jsonb_build_object('dispatch_id', dispatch.id, 'error', result ->> 'error'));
  end if;
  return outcome;
end;
$$;

comment on function private.settle_dispatch(jsonb) is 'Records one attempt and what becomes of its dispatch; lost: not this worker''s any more.';

create function public.settle_dispatches(results jsonb)
returns jsonb
language sql
volatile
security definer -- the worker writes through this function only
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(id, outcome), '{}')
  from (
    select result ->> 'id' as id, private.settle_dispatch(result) as outcome
    from (
      select value as result
      from jsonb_array_elements(settle_dispatches.results)
      left join public.dispatches on dispatches.id = (value ->> 'id')::uuid
      -- In one order everywhere, so that two workers cannot deadlock over a route's health.
      order by dispatches.route_id, dispatches.id) as ordered
  ) as settled;
$$;

comment on function public.settle_dispatches(jsonb) is
  'Records attempts: [{id, fence, duration_ms, status_code?, error?, retry_after_seconds?}]; no error means delivered. Returns {id: status}, lost for what another worker has taken over.';

create function private.dispatch_due()
returns boolean
language sql
volatile
set search_path = ''
as $$
  select exists (select private.claimable_dispatches(1, 8, clock_timestamp()));
$$;

comment on function private.dispatch_due() is 'Whether a dispatch waits for a worker that may deliver it now.';

select vault.create_secret(encode(extensions.gen_random_bytes(32), 'hex'), 'dispatch_wake_key',
  'Lets cron wake the dispatch function, and nothing else.');

create function public.dispatch_wake_key()
returns text
language sql
stable
security definer -- reads Vault
set search_path = ''
as $$
  select decrypted_secret from vault.decrypted_secrets where name = 'dispatch_wake_key';
$$;

comment on function public.dispatch_wake_key() is 'What cron shows when it wakes the dispatch function.';

create function private.wake_dispatch()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  internal_url text := (select internal_url from public.router_settings);
begin
  -- Also where no worker comes.
  perform private.expire_dispatches();

  if internal_url is null and exists (select from public.routes where kind <> 'queue' and enabled) then
    perform private.open_incident('dispatch_unwired', null, '', jsonb_build_object(
      'remedy', 'Call provision once, or set router_settings.internal_url'));
    return;
  end if;
  update public.incidents set status = 'resolved' where kind = 'dispatch_unwired' and status <> 'resolved';

  if internal_url is not null and (private.dispatch_due() or private.notification_due()) then
    perform net.http_post(
      url := internal_url || '/dispatch',
      headers := jsonb_build_object('content-type', 'application/json', 'apikey', public.dispatch_wake_key()),
      body := jsonb_build_object('notify', private.notification_due()),
      timeout_milliseconds := 5000);
  end if;
end;
$$;

comment on function private.wake_dispatch() is 'Wakes the dispatch function if a dispatch waits; run every 5 seconds by cron.';

create view public.dispatch_backlog
with (security_invoker = true)
as
select
  strategies.name as strategy, routes.kind, routes.target,
  count(*) as pending,
  count(*) filter (where dispatches.attempts > 0) as retrying,
  min(dispatches.created_at) as oldest,
  min(dispatches.next_attempt_at) as next_attempt_at
from public.dispatches
join public.routes on routes.id = dispatches.route_id
join public.strategies on strategies.id = dispatches.strategy_id
where dispatches.status = 'pending'
group by strategies.name, routes.kind, routes.target;

comment on view public.dispatch_backlog is 'What waits to be delivered, per strategy and route.';

create view public.dispatch_latency
with (security_invoker = true)
as
select
  strategies.name as strategy,
  date_trunc('hour', dispatches.created_at) as hour,
  count(*) as delivered,
  percentile_cont(array[0.5, 0.95, 0.99]) within group (
    order by extract(epoch from signals.received_at - signals.fired_at)) as fired_to_received_s,
  percentile_cont(array[0.5, 0.95, 0.99]) within group (
    order by extract(epoch from dispatches.created_at - signals.received_at)) as received_to_stored_s,
  percentile_cont(array[0.5, 0.95, 0.99]) within group (
    order by extract(epoch from dispatches.delivered_at - dispatches.created_at)) as stored_to_delivered_s
from public.dispatches
join public.signals on signals.id = dispatches.signal_id
join public.strategies on strategies.id = dispatches.strategy_id
where dispatches.status = 'delivered' and dispatches.replay_id is null
group by strategies.name, date_trunc('hour', dispatches.created_at);

comment on view public.dispatch_latency is 'Seconds from fired to received to stored to delivered, as p50, p95 and p99 per strategy and hour.';

grant select on public.dispatches, public.dispatch_attempts, public.dispatch_backlog, public.dispatch_latency to service_role;
grant execute on function
  public.claim_dispatches(integer, integer, integer), public.settle_dispatches(jsonb), public.dispatch_wake_key()
to service_role;
