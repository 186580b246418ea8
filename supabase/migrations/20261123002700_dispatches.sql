create table public.dispatches (
  id uuid primary key default gen_random_uuid(),
  sequence bigint generated always as identity,
  signal_id uuid not null references public.signals on delete cascade,
  route_id uuid references public.routes on delete set null,
  strategy_id uuid not null references public.strategies on delete cascade,
  symbol text not null,
  role text not null,
  is_entry boolean not null generated always as (private.is_entry(role)) stored,
  is_exit boolean not null generated always as (private.is_exit(role)) stored,
  is_close boolean not null generated always as (private.is_close(role)) stored,
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
  settled_at timestamptz,
  replay_id uuid,
  cancelled_by uuid,
  reason text
)
-- Claims read an index of the pending ones: vacuum often, so that dead entries do not pile up in it.
-- The statistics of a table that keeps what was settled do not notice what waits: analyze by rows, not by share.
with (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000
);

comment on table public.dispatches is
  'One signal on one function or http route, until it is settled. Queues need no dispatch: their message is sent '
  'along with the signal.';
comment on column public.dispatches.sequence is
  'Order of acceptance: signals of a route, strategy and symbol go out in this order, one at a time.';
comment on column public.dispatches.route_id is 'Empty: the route was deleted; target still names it.';
comment on column public.dispatches.target is
  'Name of the function, or scheme and host of the URL: deliveries go to the route''s target.';
comment on column public.dispatches.status is
  'pending: waiting or in flight · delivered: the target responded with 2xx · dead: all attempts failed · expired: '
  'too late to be of use · cancelled: a close came after it, or nothing '
  'may be opened any more.';
comment on column public.dispatches.role is 'What it is to the others of its lane: see private.lane_role.';
comment on column public.dispatches.cancelled_by is 'The close that cancelled it; empty: none did.';
comment on column public.dispatches.reason is
  'Why it ended early: its target refused it, or its route is gone or deleted. Empty: for none of these.';
comment on column public.dispatches.next_attempt_at is 'The time from which on it may be delivered.';
comment on column public.dispatches.leased_until is
  'A worker has it until then; if the worker dies, another takes over.';
comment on column public.dispatches.fence is 'Counts leases: a worker that lost its lease cannot settle.';
comment on column public.dispatches.settled_at is 'When it got its last status; empty: it is pending.';
comment on column public.dispatches.replay_id is 'The replay that made it; empty: the signal itself.';

-- For claims. Each of their queries asks for an order that only one index has, and forbids sorting: the planner then
-- takes that index, whatever it believes about the table. Without an order it takes any of these for a few rows.
create index dispatches_due on public.dispatches (route_id, is_exit, next_attempt_at) where status = 'pending';
create index dispatches_lane on public.dispatches (route_id, strategy_id, symbol, sequence) where status = 'pending';
create index dispatches_not_entries on public.dispatches (route_id, strategy_id, symbol, sequence)
  where status = 'pending' and not is_entry;
create index dispatches_leased on public.dispatches (route_id, leased_until)
  where status = 'pending' and leased_until is not null;
create index dispatches_expiring on public.dispatches (expires_at) where status = 'pending';
-- For the counters, and the figures of the last day: small and cheap to maintain.
create index dispatches_created_at on public.dispatches using brin (created_at) with (autosummarize = on);
create index dispatches_settled_at on public.dispatches using brin (settled_at) with (autosummarize = on);
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

create index dispatch_attempts_started_at on public.dispatch_attempts using brin (started_at)
  with (autosummarize = on);

comment on table public.dispatch_attempts is 'Every attempt to deliver a dispatch. Partitioned by month.';
comment on column public.dispatch_attempts.status_code is 'Status of the target''s response; empty: there was none.';
comment on column public.dispatch_attempts.error is 'Reason of the failure, for people; empty: delivered.';

create table private.dispatch_attempts_default partition of public.dispatch_attempts default;

comment on table private.dispatch_attempts_default is 'Takes rows of months without a partition. Otherwise empty.';

create table private.route_health (
  route_id uuid primary key references public.routes on delete cascade,
  failures integer not null,
  gone integer not null default 0,
  paused_until timestamptz
);

comment on table private.route_health is
  'Routes whose latest deliveries failed. After breaker_threshold failures in a row a route pauses; then it gets one '
  'dispatch at a time. gone: how many answers in a row were 410.';

select private.deny_clients(
  '{public.dispatches,public.dispatch_attempts,private.dispatch_attempts_default,private.route_health}');
select private.maintain_partitions('dispatch_attempts', 'started_at');

create function private.breaker_threshold()
returns integer
language sql
immutable
set search_path = ''
as $$
  select 5;
$$;

comment on function private.breaker_threshold() is 'Number of failures in a row that pause a route.';

create function private.cancel_route()
returns trigger
language plpgsql
security definer -- deleting a route cancels its dispatches, whoever deletes it
set search_path = ''
as $$
declare
  ended record;
begin
  for ended in
    with cancelled as (
      update public.dispatches set status = 'cancelled', leased_until = null, reason = 'Its route was deleted'
      where route_id = old.id and status = 'pending'
      returning strategy_id, signal_id, is_exit
    )
    select strategy_id, array_agg(signal_id) as signal_ids from cancelled where is_exit group by strategy_id
  loop
    perform private.report_failed_exits(
      ended.strategy_id, ended.signal_ids, 'route_deleted', private.route_label(old.kind, old.target));
  end loop;
  return old;
end;
$$;

comment on function private.cancel_route() is
  'Before-delete trigger: cancels the dispatches that wait for the route. Delivered ones stay in the audit.';

create trigger routes_cancel_dispatches
  before delete on public.routes
  for each row execute function private.cancel_route();

create view public.dispatch_backlog
with (security_invoker = true)
as
select
  strategies.name as strategy, routes.kind,
  regexp_replace(routes.target, '^(https?://[^/?#]+)[/?#].+$', '\1/…') as target,
  count(*) as pending,
  count(*) filter (where dispatches.attempts > 0) as retrying,
  min(dispatches.created_at) as oldest,
  min(dispatches.next_attempt_at) as next_attempt_at
from public.dispatches
join public.routes on routes.id = dispatches.route_id
join public.strategies on strategies.id = dispatches.strategy_id
where dispatches.status = 'pending'
group by strategies.name, routes.kind, routes.target;

comment on view public.dispatch_backlog is 'Dispatches that wait for delivery, per strategy and route.';

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
  and dispatches.created_at > now() - interval '1 day'
group by strategies.name, date_trunc('hour', dispatches.created_at);

comment on view public.dispatch_latency is
  'Seconds from fired to received to stored to delivered: p50, p95 and p99 per strategy and hour of the last day.';

revoke all on public.dispatch_backlog, public.dispatch_latency from public, anon, authenticated, service_role;
grant select on public.dispatches, public.dispatch_attempts, public.dispatch_backlog, public.dispatch_latency
to service_role;

revoke execute on function private.breaker_threshold(), private.cancel_route()
from public, anon, authenticated, service_role;
