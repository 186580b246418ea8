-- Signals are sent again in steps, each in a transaction of its own. The database remembers how far a replay has come,
-- so a step that is repeated, because its answer was lost, goes on where the last one ended.

create table private.replays (
  id uuid primary key,
  created_at timestamptz not null default now(),
  signal_ids uuid[],
  strategy_id uuid,
  from_time timestamptz not null,
  to_time timestamptz not null,
  status text,
  signals bigint not null default 0,
  read_until timestamptz not null default '-infinity',
  last_id uuid not null default '00000000-0000-0000-0000-000000000000',
  is_done boolean not null default false
);

comment on table private.replays is 'Replays: which signals, and how far each has come.';
comment on column private.replays.signals is 'Number of signals that were sent again so far.';
comment on column private.replays.read_until is 'received_at of the last signal that it has read, whose id is last_id.';

select private.deny_clients('{private.replays}');

-- For replays of what died.
create index dispatches_dead on public.dispatches (signal_id) where status = 'dead';
create index queue_outcomes_dead on public.queue_outcomes (signal_id) where outcome = 'dead' and replayed_at is null;

create function private.dead_deliveries(signal_ids uuid[] default null)
returns table (signal_id uuid, route public.routes)
language plpgsql -- not SQL: planned for the ids, or for none
stable
set search_path = ''
set enable_seqscan = off -- whatever the statistics say: the dead are few, and an index finds them
set jit = off
set max_parallel_workers_per_gather = 0
as $$
#variable_conflict use_column
begin
  return query
    select dispatches.signal_id, routes
    from public.dispatches
    join public.routes on routes.id = dispatches.route_id and routes.enabled
    where dispatches.status = 'dead'
      and (dead_deliveries.signal_ids is null or dispatches.signal_id = any (dead_deliveries.signal_ids))
      and not exists (
        select from public.dispatches as later
        where later.signal_id = dispatches.signal_id and later.route_id = dispatches.route_id
          and later.sequence > dispatches.sequence)
    union all
    select queue_outcomes.signal_id, routes
    from public.queue_outcomes
    join public.routes on routes.kind = 'queue' and routes.target = queue_outcomes.queue and routes.enabled
      and (routes.strategy_id is null or routes.strategy_id = queue_outcomes.strategy_id)
    where queue_outcomes.outcome = 'dead' and queue_outcomes.replayed_at is null
      and (dead_deliveries.signal_ids is null or queue_outcomes.signal_id = any (dead_deliveries.signal_ids));
end;
$$;

comment on function private.dead_deliveries(uuid[]) is
  'Returns the routes on which signals died, of these or of all, and were not sent again since.';

create type private.replay_step as (signals public.signals[], read_until timestamptz, last_id uuid, is_last boolean);

comment on type private.replay_step is 'The signals of one step of a replay, and how far it has read.';

create function private.next_step(replay private.replays, at_most integer)
returns private.replay_step
language plpgsql
stable
set search_path = ''
set enable_seqscan = off -- see dead_deliveries
set enable_bitmapscan = off -- reads in order, and no further than the step
set jit = off
set max_parallel_workers_per_gather = 0
set plan_cache_mode = force_custom_plan
as $$
declare
  max_reads constant integer := 10000; -- where few of the signals have the status
  wanted uuid[] := replay.signal_ids;
  step private.replay_step;
begin
  if replay.status = 'dead' then
    wanted := array(
      select distinct signal_id from private.dead_deliveries()
      where replay.signal_ids is null or signal_id = any (replay.signal_ids));
  end if;
  with read as materialized (
    select id, received_at, row_number() over (order by received_at, id) as place,
      not is_test and (replay.status is null or replay.status = 'dead' or status = replay.status) as is_wanted
    from public.signals
    where (wanted is null or id = any (wanted))
      and (replay.strategy_id is null or strategy_id = replay.strategy_id)
      and received_at >= greatest(replay.from_time, replay.read_until) and received_at < replay.to_time
      and (received_at, id) > (replay.read_until, replay.last_id)
    order by received_at, id
    limit max_reads
  ),
  chosen as (
    select id, place from read where is_wanted order by place limit next_step.at_most
  ),
  counted as (
    select count(*) as reads,
      -- If it is full, the next step begins after the last of the chosen.
      case when (select count(*) from chosen) = next_step.at_most then (select max(place) from chosen)
        else count(*) end as places
    from read
  )
  select array(select signals from chosen join public.signals using (id) order by place),
    coalesce(last.received_at, replay.read_until), coalesce(last.id, replay.last_id),
    counted.reads < max_reads and counted.places = counted.reads
  into step
  from counted left join read as last on last.place = counted.places;
  return step;
end;
$$;

comment on function private.next_step(private.replays, integer) is
  'Reads the next signals of a replay, oldest first. Test signals are never replayed.';

create function private.replay_sendings(replay private.replays, signals public.signals[])
returns private.sending[]
language plpgsql
stable
set search_path = ''
as $$
declare
  renewed public.signals[] := '{}';
  signal public.signals;
begin
  foreach signal in array replay_sendings.signals loop
    -- Its age runs anew.
    signal.status := 'accepted';
    signal.expires_at := clock_timestamp() + (
      select case when private.is_exit(private.lane_role(signal.action, signal.intent)) then max_exit_age
        else max_signal_age end
      from public.strategies where id = signal.strategy_id);
    renewed := array_append(renewed, signal);
  end loop;
  if replay.status is distinct from 'dead' then
    return private.match_routes(renewed);
  end if;
  -- A signal that died on some of its routes is sent again on these only, and only once.
  return array(
    select row(
      renewed[place], route, private.route_label(kind, target),
      kind = 'queue' and not private.queue_exists(target))::private.sending
    from (
      select distinct on (place, (route).kind, (route).target)
        place, route, (route).kind as kind, (route).target as target
      from generate_subscripts(renewed, 1) as place
      join private.dead_deliveries(array(select id from unnest(renewed))) as dead on dead.signal_id = renewed[place].id
      order by place, (route).kind, (route).target) as chosen
    order by place, kind, target);
end;
$$;

comment on function private.replay_sendings(private.replays, public.signals[]) is
  'Returns the routes on which a replay sends signals: those that match now, or those on which they died.';

revoke execute on function
  private.dead_deliveries(uuid[]), private.next_step(private.replays, integer),
  private.replay_sendings(private.replays, public.signals[])
from public, anon, authenticated, service_role;
