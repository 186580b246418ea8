create function private.next_in_lane(lane private.waiting_messages)
returns private.waiting_messages
language plpgsql
volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  at constant timestamptz := clock_timestamp();
  leased private.waiting_messages;
  front private.waiting_messages;
  last_exit bigint;
begin
  select * into leased from private.waiting_messages as waiting
  where queue = lane.queue and strategy_id = lane.strategy_id and symbol = lane.symbol and is_leased;
  if leased.visible_at <= at then
    update private.waiting_messages set is_leased = false where queue = leased.queue and message_id = leased.message_id;
    leased := null;
  end if;

  select message_id into last_exit from private.waiting_messages as waiting
  where queue = lane.queue and strategy_id = lane.strategy_id and symbol = lane.symbol and is_exit
  order by message_id desc limit 1;
  if last_exit is not null then
    perform private.retire_messages(lane.queue, array_agg(message_id), 'cancelled')
    from private.waiting_messages as waiting
    where queue = lane.queue and strategy_id = lane.strategy_id and symbol = lane.symbol and message_id < last_exit
      and is_entry and not is_leased
    having count(*) > 0;
    -- If its worker does not settle it, the lane is looked at first.
    update private.waiting_messages set is_urgent = true
    where queue = leased.queue and message_id = leased.message_id and message_id < last_exit and not is_urgent;
  end if;

  loop
    select * into front from private.waiting_messages as waiting
    where queue = lane.queue and strategy_id = lane.strategy_id and symbol = lane.symbol
    order by message_id limit 1;
    exit when front.reads is null or front.reads < private.max_reads() or front.is_leased or front.expires_at <= at;
    perform private.retire_messages(lane.queue, array[front.message_id], 'dead',
      error => format('Read %s times without success', private.max_reads()));
  end loop;
  if leased.queue is not null or front.visible_at > at or front.expires_at <= at then
    return null;
  end if;
  return front;
end;
$$;

comment on function private.next_in_lane(private.waiting_messages) is
  'Returns the message of a lane that may be handed out now; null: one is leased, or the oldest must wait. '
  'Retires entries that an exit has overtaken and what was read max_reads times. The caller has the lane''s lock.';

create function private.demote_candidates(lane private.waiting_messages)
returns void
language sql
volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
  update private.waiting_messages as waiting set is_candidate = false
  where waiting.queue = lane.queue and message_id = any (array(
    select message_id from private.waiting_messages as behind
    where behind.queue = lane.queue and behind.strategy_id = lane.strategy_id and behind.symbol = lane.symbol
      and message_id >= lane.message_id and is_candidate and not is_leased
      and message_id <> (
        select oldest.message_id from private.waiting_messages as oldest
        where oldest.queue = lane.queue and oldest.strategy_id = lane.strategy_id and oldest.symbol = lane.symbol
        order by oldest.message_id limit 1)
    order by message_id
    limit 2000));
$$;

comment on function private.demote_candidates(private.waiting_messages) is
  'Lets claims pass over a message of a lane and those behind it, but for the lane''s oldest: each becomes a candidate '
  'again when it is the oldest. The caller has the lane''s lock.';

create function private.pick_messages(queue text, quantity integer)
returns bigint[]
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
declare
  max_lanes constant integer := 1000; -- the server's room for locks is small
  at constant timestamptz := clock_timestamp();
  seen bigint[] := '{}';
  picked bigint[] := '{}';
  candidate private.waiting_messages;
  chosen private.waiting_messages;
begin
  for candidate in
    select * from private.waiting_messages as waiting
    where waiting.queue = pick_messages.queue and is_candidate and visible_at <= at and expires_at > at
      and (select status from public.strategies where id = strategy_id) = 'active'
    order by is_urgent desc, message_id
  loop
    -- A lane that another transaction has locked is left to it.
    continue when candidate.lane_key = any (seen) or not pg_try_advisory_xact_lock(candidate.lane_key);
    seen := seen || candidate.lane_key;
    chosen := private.next_in_lane(candidate);
    if chosen.message_id is distinct from candidate.message_id then
      perform private.demote_candidates(candidate);
    end if;
    if chosen.message_id is not null then
      picked := picked || chosen.message_id;
    end if;
    exit when cardinality(picked) = pick_messages.quantity or cardinality(seen) = max_lanes;
  end loop;
  return picked;
end;
$$;

comment on function private.pick_messages(text, integer) is
  'Returns the messages of a queue to hand out next, one per lane: exits first, then in order. Locks their lanes.';

revoke execute on function
  private.next_in_lane(private.waiting_messages), private.demote_candidates(private.waiting_messages),
  private.pick_messages(text, integer)
from public, anon, authenticated, service_role;
