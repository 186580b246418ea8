create function private.stated_position(payload jsonb)
returns text
language plpgsql -- as those below: called for every row, and such a function in plain SQL is never inlined
immutable
set search_path = ''
as $$
declare
  stated constant text := lower(trim(coalesce(
    payload ->> 'prev_market_position', payload ->> 'prevMarketPosition', payload ->> 'strategy.prev_market_position',
    payload #>> '{strategy_info,prev_market_position}', payload #>> '{strategy,prev_market_position}')));
begin
  return case when stated in ('long', 'short', 'flat') then stated end;
end;
$$;

comment on function private.stated_position(jsonb) is 'The position before the trade, according to the alert.';

create function private.position_after(direction text, intent text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case when intent in ('close', 'close_long', 'close_short') then 'flat' else direction end;
end;
$$;

comment on function private.position_after(text, text) is 'The position after a signal; null: not said.';

create function private.is_possible(action text, before text, after text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case action
    when 'buy' then after = 'long' or before = 'short'
    when 'sell' then after = 'short' or before = 'long'
    else true end;
end;
$$;

comment on function private.is_possible(text, text, text) is
  'Whether a trade can lead from one position to another: a buy ends long, or began short.';

-- The signals that state a position, in the order in which they were recorded: most alerts state none.
create index signals_stating_a_position on public.signals (recorded_in)
  where payload ?| '{prev_market_position,prevMarketPosition,strategy.prev_market_position}'
    or payload #> '{strategy_info,prev_market_position}' is not null
    or payload #> '{strategy,prev_market_position}' is not null;
-- The links of a chain.
create index signals_positions
  on public.signals (strategy_id, (coalesce(symbol, '')), (coalesce(timeframe, '')), received_at)
  where (direction is not null or intent in ('close', 'close_long', 'close_short')) and not is_test;

create function private.is_of_two_senders(
  strategy_id uuid, symbol text, timeframe text, received_at timestamptz)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  positions text[] := array[null, null];
  links integer[] := '{0,0}'; -- since there are two
  latest integer := 1;
  place integer;
  one record;
begin
  for one in
    select chain.received_at, private.stated_position(payload) as before,
      private.position_after(chain.direction, chain.intent) as after
    from (
      (select earlier.received_at, payload, direction, intent from public.signals as earlier
       where earlier.strategy_id = is_of_two_senders.strategy_id
         and coalesce(earlier.symbol, '') = coalesce(is_of_two_senders.symbol, '')
         and coalesce(earlier.timeframe, '') = coalesce(is_of_two_senders.timeframe, '')
         and (direction is not null or intent in ('close', 'close_long', 'close_short')) and not is_test
         and earlier.received_at <= is_of_two_senders.received_at
       order by earlier.received_at desc limit 50)
      union all
      (select later.received_at, payload, direction, intent from public.signals as later
       where later.strategy_id = is_of_two_senders.strategy_id
         and coalesce(later.symbol, '') = coalesce(is_of_two_senders.symbol, '')
         and coalesce(later.timeframe, '') = coalesce(is_of_two_senders.timeframe, '')
         and (direction is not null or intent in ('close', 'close_long', 'close_short')) and not is_test
         and later.received_at > is_of_two_senders.received_at
       order by later.received_at limit 50)) as chain
    order by chain.received_at
  loop
    place := case
      when positions[latest] is null or one.before is null or one.before = positions[latest] then latest
      when positions[3 - latest] is null or one.before = positions[3 - latest] then 3 - latest
    end;
    if place is null then
      -- It goes on from neither: an alert was lost.
      if one.received_at = is_of_two_senders.received_at then
        return false;
      end if;
      place := latest;
      links[place] := 0;
    elsif positions[place] is null then
      links := '{0,0}';
    elsif one.before is not null then
      links[place] := links[place] + 1;
    end if;
    positions[place] := one.after;
    latest := place;
    -- The other does not go on: it is where one sender lost an alert.
    if links[place] >= 5 and links[3 - place] = 0 and positions[3 - place] is not null then
      if one.received_at >= is_of_two_senders.received_at then
        return false;
      end if;
      positions[3 - place] := null;
    end if;
    if one.received_at >= is_of_two_senders.received_at and links[1] > 0 and links[2] > 0 then
      return true;
    end if;
  end loop;
  return false;
end;
$$;

comment on function private.is_of_two_senders(uuid, text, text, timestamptz) is
  'Whether the chain around a time is that of two senders who take turns, each of which goes on from its own '
  'position: then its gap is none. Before both have gone on, a second sender looks like a lost alert.';

create function private.watch_positions(pass private.monitor_pass)
returns void
language sql
volatile
set search_path = ''
set enable_seqscan = off -- see watch_storms
set jit = off
set max_parallel_workers_per_gather = 0
as $$
  with stating as materialized (
    select id, strategy_id, action, intent, symbol, timeframe, received_at,
      private.stated_position(payload) as before, private.position_after(direction, intent) as after
    from public.signals
    where (payload ?| '{prev_market_position,prevMarketPosition,strategy.prev_market_position}'
        or payload #> '{strategy_info,prev_market_position}' is not null
        or payload #> '{strategy,prev_market_position}' is not null)
      and recorded_in >= pg_snapshot_xmin((watch_positions.pass).seen)
      and private.is_new(recorded_in, watch_positions.pass)
      and received_at > private.earliest(watch_positions.pass)
      and not is_test
  ),
  gaps as (
    select stating.*, expected,
      stating.intent is null and not private.is_possible(stating.action, before, after) as is_impossible
    from stating
    left join lateral (
      select private.position_after(direction, earlier.intent) from public.signals as earlier
      where earlier.strategy_id = stating.strategy_id and coalesce(earlier.symbol, '') = coalesce(stating.symbol, '')
        and coalesce(earlier.timeframe, '') = coalesce(stating.timeframe, '')
        and (direction is not null or earlier.intent in ('close', 'close_long', 'close_short')) and not is_test
        and earlier.received_at < stating.received_at
      order by earlier.received_at desc limit 1) as previous (expected) on true
    where before is not null
  )
  select private.open_incident('position_gap', strategy_id, concat_ws(' ', symbol, timeframe),
    private.newest_evidence(array[id]) || jsonb_strip_nulls(jsonb_build_object(
      'signal_id', id, 'action', action, 'stated', before, 'after', after,
      'meaning', case when is_impossible then format('A %s cannot lead from %s to %s', action, before, after)
        else 'An alert was lost, duplicated or out of order' end)
    || case when is_impossible then '{}' else jsonb_build_object('expected', expected) end))
  from (select * from gaps order by received_at) as in_order
  where is_impossible
    or before <> expected and not private.is_of_two_senders(strategy_id, symbol, timeframe, received_at);
$$;

comment on function private.watch_positions(private.monitor_pass) is
  'position_gap, for a strategy, symbol and timeframe: the position before an alert differs from the position after '
  'the alert before it, or its action cannot lead from the one to the other.';

revoke execute on function
  private.stated_position(jsonb), private.position_after(text, text), private.is_possible(text, text, text),
  private.is_of_two_senders(uuid, text, text, timestamptz),
  private.watch_positions(private.monitor_pass)
from public, anon, authenticated, service_role;
