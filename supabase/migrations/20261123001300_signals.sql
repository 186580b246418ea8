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
  recorded_in xid8 not null default pg_current_xact_id()
);

comment on table public.signals is 'Every alert that was accepted, in canonical form.';
comment on column public.signals.strategy_id is 'Whose signal it is.';
comment on column public.signals.action is 'What to do: buy, sell, exit, cancel or hold.';
comment on column public.signals.symbol is 'The instrument, without its exchange.';
comment on column public.signals.exchange is 'Where the instrument is traded, if the sender says so.';
comment on column public.signals.price is 'The price that the sender named.';
comment on column public.signals.timeframe is 'The chart''s interval, as the sender writes it.';
comment on column public.signals.request_id is
  'The request it came with. No foreign key: requests are partitioned and leave earlier.';
comment on column public.signals.correlation_id is
  'The same id stands in the answer, the request and outgoing messages.';
comment on column public.signals.status is
  'accepted: dispatched · held: over the rate limit, waiting · suppressed: its strategy was paused, or an exit '
  'overtook it while it was held · expired: came too late to be dispatched.';
comment on column public.signals.direction is 'Position after it: long, short or flat.';
comment on column public.signals.quantity is
  'Contracts, lots or units as the sender counts them. A percentage or risk stays in payload.';
comment on column public.signals.confidence is '0 to 1.';
comment on column public.signals.fired_at is 'When the sender says it fired.';
comment on column public.signals.received_at is 'When it reached us, by the database''s clock.';
comment on column public.signals.endpoint is 'Where it came in.';
comment on column public.signals.accepted_at is
  'When it was sent on its routes: at once, or when the rate limit allowed. The limits count it.';
comment on column public.signals.expires_at is 'After this it is no longer dispatched.';
comment on column public.signals.external_id is 'The sender''s own id.';
comment on column public.signals.is_test is 'Recorded, never dispatched.';
comment on column public.signals.routes is 'Where it went, as the answer said: kind:target.';
comment on column public.signals.recorded_in is
  'The transaction that recorded it: the monitor sees each once, however late it commits.';
comment on column public.signals.payload is 'All that the sender said; credentials are masked.';

create index signals_strategy_id_received_at on public.signals (strategy_id, received_at desc);
-- What the rate limits count, and what waits for them.
create index signals_strategy_id_accepted_at on public.signals (strategy_id, accepted_at);
create index signals_universal_accepted_at on public.signals (accepted_at) where endpoint = 'universal';
create index signals_held on public.signals (strategy_id, received_at) where status = 'held';
create index signals_received_at on public.signals (received_at desc);
create index signals_correlation_id on public.signals (correlation_id);

select private.deny_clients('{public.signals}');

grant select on public.signals to service_role;

-- Supabase's Realtime: present on the platform, not on a plain Postgres.
do $$
begin
  if exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    alter publication supabase_realtime add table public.signals;
  end if;
end;
$$;

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

comment on function private.is_entry(text, text) is
  'Whether a signal opens or adds to a position: what an exit overtakes.';

create function private.expire_signals(strategy_id uuid, signal_ids uuid[])
returns void
language plpgsql -- dispatches come later
volatile
set search_path = ''
as $$
begin
  update public.signals set status = 'expired'
  where id in (
      -- In one order everywhere, so that two transactions cannot deadlock.
      select id from public.signals where id = any (expire_signals.signal_ids) order by id for update)
    and status = 'accepted'
    and not exists (select from public.dispatches where signal_id = signals.id and status = 'delivered');

  perform private.open_incident('signal_expired', expire_signals.strategy_id, '',
    jsonb_build_object('signal_ids', to_jsonb(expire_signals.signal_ids[1:10])));
end;
$$;

comment on function private.expire_signals(uuid, uuid[]) is
  'Signals that came too late on a route: marked, unless another route delivered them, and an incident opened.';

create function public.list_signals(strategy text default null, quantity integer default 20)
returns jsonb
language sql
stable
security definer -- shows the strategies' names beside their signals
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(shown) order by received_at desc), '[]')
  from (
    select signals.id, received_at, strategies.name as strategy, signals.status, action, direction, exchange, symbol,
      quantity, price, confidence, is_test, signals.routes
    from public.signals
    join public.strategies on strategies.id = signals.strategy_id
    where list_signals.strategy is null
      or signals.strategy_id = (private.strategy_called(list_signals.strategy)).id
    order by received_at desc
    limit least(list_signals.quantity, 500)) as shown;
$$;

comment on function public.list_signals(text, integer) is 'The last signals, of one strategy or of all.';

revoke execute on function
  private.is_exit(text, text), private.is_entry(text, text), private.expire_signals(uuid, uuid[]),
  public.list_signals(text, integer)
from public, anon, authenticated, service_role;
grant execute on function public.list_signals(text, integer) to service_role;
