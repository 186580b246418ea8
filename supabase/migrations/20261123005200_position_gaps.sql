create function private.stated_position(payload jsonb)
returns text
language sql
immutable
set search_path = ''
as $$
  select lower(coalesce(
    payload ->> 'prev_market_position', payload ->> 'prevMarketPosition', payload ->> 'strategy.prev_market_position',
    payload #>> '{strategy_info,prev_market_position}', payload #>> '{strategy,prev_market_position}'));
$$;

comment on function private.stated_position(jsonb) is 'The position before the trade, according to the alert.';

-- The signals that state a position, in the order in which they were recorded: most alerts state none.
create index signals_stating_a_position on public.signals (recorded_in)
  where payload ?| '{prev_market_position,prevMarketPosition,strategy.prev_market_position}'
    or payload #> '{strategy_info,prev_market_position}' is not null
    or payload #> '{strategy,prev_market_position}' is not null;
-- The last position of a symbol.
create index signals_positions on public.signals (strategy_id, (coalesce(symbol, '')), received_at)
  where direction is not null;

create function private.watch_positions(pass private.monitor_pass)
returns void
language sql
volatile
set search_path = ''
set enable_seqscan = off -- see watch_refusals
set jit = off
set max_parallel_workers_per_gather = 0
as $$
  select private.open_incident('position_gap', stating.strategy_id, coalesce(stating.symbol, ''), jsonb_build_object(
    'signal_id', stating.id, 'expected', before.direction, 'stated', private.stated_position(stating.payload),
    'meaning', 'An alert was lost, duplicated or out of order'))
  from public.signals as stating
  join lateral (
    select direction from public.signals as earlier
    where earlier.strategy_id = stating.strategy_id and coalesce(earlier.symbol, '') = coalesce(stating.symbol, '')
      and earlier.received_at < stating.received_at and earlier.direction is not null
    order by earlier.received_at desc limit 1) as before on true
  where (payload ?| '{prev_market_position,prevMarketPosition,strategy.prev_market_position}'
      or payload #> '{strategy_info,prev_market_position}' is not null
      or payload #> '{strategy,prev_market_position}' is not null)
    and stating.recorded_in >= pg_snapshot_xmin((watch_positions.pass).seen)
    and private.is_new(stating.recorded_in, watch_positions.pass)
    and stating.received_at > private.earliest(watch_positions.pass)
    and private.stated_position(stating.payload) <> before.direction;
$$;

comment on function private.watch_positions(private.monitor_pass) is
  'position_gap: the position before an alert differs from the position after the alert before it.';

revoke execute on function private.stated_position(jsonb), private.watch_positions(private.monitor_pass)
from public, anon, authenticated, service_role;
