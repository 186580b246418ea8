create table public.signals (
  id uuid primary key,
  strategy_id uuid not null references public.strategies on delete restrict,
  request_id uuid not null,
  correlation_id uuid not null,
  endpoint text not null default 'dedicated'
    constraint signals_endpoint_is_known check (endpoint in ('universal', 'dedicated')),
  status text not null
    constraint signals_status_is_known check (status in ('accepted', 'held', 'suppressed', 'expired')),
  action text not null
    constraint signals_action_is_known check (action in ('buy', 'sell', 'exit', 'cancel', 'hold')),
  direction text
    constraint signals_direction_is_known check (direction in ('long', 'short', 'flat')),
  intent text
    constraint signals_intent_is_known check (intent in (
      'open_long', 'open_short', 'add_long', 'add_short', 'reduce_long', 'reduce_short', 'close_long', 'close_short',
      'close', 'reverse_to_long', 'reverse_to_short')),
  reduced_from text
    constraint signals_reduced_from_is_a_reversal check (reduced_from in ('reverse_to_long', 'reverse_to_short')),
  symbol text
    constraint signals_symbol_has_at_most_64_characters check (length(symbol) <= 64),
  exchange text,
  quantity numeric
    constraint signals_quantity_not_negative check (quantity >= 0)
    constraint signals_quantity_finite check (quantity < 'Infinity'), -- NaN is above Infinity
  price numeric
    constraint signals_price_finite check (price > '-Infinity' and price < 'Infinity'),
  confidence numeric
    constraint signals_confidence_between_0_and_1 check (confidence between 0 and 1),
  timeframe text,
  fired_at timestamptz,
  received_at timestamptz not null,
  accepted_at timestamptz,
  expires_at timestamptz not null,
  external_id text,
  is_test boolean not null default false,
  routes text[] not null default '{}',
  payload jsonb not null
    constraint signals_payload_is_an_object check (jsonb_typeof(payload) = 'object'),
  recorded_in xid8 not null default pg_current_xact_id(),
  cancelled_by uuid
);

comment on table public.signals is 'Every accepted alert in canonical form.';
comment on column public.signals.strategy_id is 'The strategy that it belongs to.';
comment on column public.signals.action is 'The trade to make: buy, sell, exit, cancel or hold.';
comment on column public.signals.symbol is 'The instrument, without its exchange.';
comment on column public.signals.exchange is 'The exchange, if the sender names it.';
comment on column public.signals.price is 'The price in the alert.';
comment on column public.signals.timeframe is 'The chart''s interval, as the sender writes it.';
comment on column public.signals.request_id is
  'The request that brought it. No foreign key, because requests are partitioned and deleted earlier.';
comment on column public.signals.correlation_id is 'The id in the response, the request and outgoing messages.';
comment on column public.signals.status is
  'accepted: sent on · held: over the rate limit, waiting · suppressed: not to be sent on (the strategy or the '
  'router is paused or lets only exits through, or a close came while it was held) · expired: too late to be sent on.';
comment on column public.signals.direction is 'The position after the trade: long, short or flat.';
comment on column public.signals.intent is
  'What it does to a position: opens, adds to, reduces, closes or reverses it; empty: the alert does not say.';
comment on column public.signals.reduced_from is
  'The reversal of which only the closing half was sent on, because nothing may be opened (exits_only).';
comment on column public.signals.cancelled_by is
  'The close that ended it while it was held; empty: none did.';
comment on column public.signals.quantity is
  'Contracts, lots or units, as the sender counts them. Percentages and risks stay in payload.';
comment on column public.signals.confidence is '0 to 1.';
comment on column public.signals.fired_at is 'The time at which the alert fired, according to the sender.';
comment on column public.signals.received_at is 'The time at which it arrived, by the database''s clock.';
comment on column public.signals.endpoint is 'The endpoint that received it.';
comment on column public.signals.accepted_at is
  'When it was sent on its routes: at once, or when the rate limit allowed it. The rate limits count by this time.';
comment on column public.signals.expires_at is 'The time after which it is no longer sent on.';
comment on column public.signals.external_id is 'The sender''s own id.';
comment on column public.signals.is_test is 'Recorded, and sent on only to routes that the test names.';
comment on column public.signals.routes is 'The routes that it was sent on, as in the response: kind:target.';
comment on column public.signals.recorded_in is
  'The recording transaction: the monitor sees each row exactly once, however late it commits.';
comment on column public.signals.payload is 'Everything in the alert, with credentials masked.';

create index signals_strategy_id_received_at on public.signals (strategy_id, received_at desc);
-- For counting against the rate limits, and for finding held signals.
create index signals_strategy_id_accepted_at on public.signals (strategy_id, accepted_at);
create index signals_universal_accepted_at on public.signals (accepted_at) where endpoint = 'universal';
create index signals_held on public.signals (strategy_id, received_at) where status = 'held';
create index signals_received_at on public.signals (received_at desc);
create index signals_correlation_id on public.signals (correlation_id);

select private.deny_clients('{public.signals}');

grant select on public.signals to service_role;

-- Supabase's Realtime: a plain Postgres has no such publication.
do $$
begin
  if exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    alter publication supabase_realtime add table public.signals;
  end if;
end;
$$;

create function private.expire_signals(
  strategy_id uuid, signal_ids uuid[], route text default null, is_silent boolean default false)
returns void
language plpgsql -- not SQL, because the dispatches are created later
volatile
set search_path = ''
set plan_cache_mode = force_custom_plan -- see lock_lanes
as $$
declare
  lost uuid[];
  taken uuid[];
begin
  -- A statement of its own: of two routes that give up at the same time, the second sees that the first did. The same
  -- order everywhere, so that two transactions cannot deadlock.
  perform from public.signals where id = any (expire_signals.signal_ids) order by id for update;
  lost := array(
    select id from public.signals
    where id = any (expire_signals.signal_ids)
      and not exists (
        select from public.dispatches where signal_id = signals.id and dispatches.status in ('delivered', 'pending'))
      and not exists (select from public.queue_outcomes where signal_id = signals.id and outcome = 'completed')
      and not exists (
        select from unnest(routes) as label
        join private.queue_workers on label = 'queue:' || queue_workers.queue
        join private.waiting_messages as waiting on waiting.queue = queue_workers.queue
          and waiting.expires_at = signals.expires_at and waiting.signal_id = signals.id));
  update public.signals set status = 'expired' where id = any (lost) and status = 'accepted';

  if expire_signals.is_silent then
    return;
  end if;
  if lost <> '{}' then
    perform private.open_incident('signal_expired', expire_signals.strategy_id, '',
      private.newest_evidence(lost) || jsonb_build_object(
        'signal_ids', to_jsonb(lost[1:10]), 'meaning', 'Too old before it could be executed'), cardinality(lost));
  end if;
  taken := array(select unnest(expire_signals.signal_ids) except select unnest(lost) order by 1);
  if taken <> '{}' then
    perform private.open_incident('dead_letters', expire_signals.strategy_id, coalesce(expire_signals.route, ''),
      private.newest_evidence(taken) || jsonb_build_object(
        'signal_ids', to_jsonb(taken[1:10]), 'error',
        'Expired on one route, while another had it: what is replayed is sent there again'), cardinality(taken));
  end if;
  perform private.report_failed_exits(
    expire_signals.strategy_id, expire_signals.signal_ids, 'expired', expire_signals.route);
end;
$$;

comment on function private.expire_signals(uuid, uuid[], text, boolean) is
  'Ends signals on a route where they are too late. One is marked as expired when no route has taken it, and none '
  'still may. Opens incidents unless nobody ever waited for them.';

create function private.report_failed_exits(strategy_id uuid, signal_ids uuid[], reason text, route text default null)
returns void
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
begin
  perform private.open_incident('exit_failed', report_failed_exits.strategy_id, symbol,
    private.newest_evidence(ids) || jsonb_build_object(
      'signal_ids', to_jsonb(ids[1:10]), 'reason', report_failed_exits.reason, 'route', report_failed_exits.route,
      'symbol', nullif(symbol, ''), 'intent', intents[1]), cardinality(ids))
  from (
    select coalesce(symbol, '') as symbol, array_agg(id order by received_at desc) as ids,
      array_agg(intent order by received_at desc) as intents
    from public.signals
    where id = any (report_failed_exits.signal_ids) and private.is_exit(private.lane_role(action, intent))
    group by 1) as exits;
end;
$$;

comment on function private.report_failed_exits(uuid, uuid[], text, text) is
  'Opens an urgent incident for each symbol whose exit will not be made on a route: a position may stay open.';

revoke execute on function
  private.expire_signals(uuid, uuid[], text, boolean), private.report_failed_exits(uuid, uuid[], text, text)
from public, anon, authenticated, service_role;
