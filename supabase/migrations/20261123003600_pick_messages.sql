create function private.end_entries(lane private.waiting_messages)
returns void
language plpgsql
volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  reversal private.waiting_messages;
  half public.signals;
begin
  perform private.retire_messages(lane.queue, array_agg(message_id), 'cancelled')
  from private.waiting_messages as waiting
  where lane_key = lane.lane_key and strategy_id = lane.strategy_id and symbol = lane.symbol
    and is_entry and not is_leased
  having count(*) > 0;

  for reversal in
    select * from private.waiting_messages as waiting
    where lane_key = lane.lane_key and strategy_id = lane.strategy_id and symbol = lane.symbol
      and not is_entry and role = 'reverse' and not is_leased
    order by message_id
  loop
    half := private.reduce_reversal(reversal.signal_id);
    execute format(
      'update %s set message = message || $2 where msg_id = $1', private.queue_table(lane.queue))
    using reversal.message_id, jsonb_build_object('action', half.action, 'direction', half.direction,
      'intent', half.intent, 'quantity', null, 'reduced_from', half.reduced_from);
    update private.waiting_messages as waiting set
      role = private.lane_role(half.action, half.intent), is_urgent = true, is_candidate = true
    where waiting.queue = reversal.queue and waiting.message_id = reversal.message_id;
  end loop;
end;
$$;

comment on function private.end_entries(private.waiting_messages) is
  'Cancels the entries that wait in a lane, and leaves the closing half of its reversals: nothing may be opened. What '
  'a worker has stays. The caller has the lane''s lock.';

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
  closing private.waiting_messages;
  front private.waiting_messages;
begin
  select * into leased from private.waiting_messages as waiting
  where lane_key = lane.lane_key and strategy_id = lane.strategy_id and symbol = lane.symbol and is_leased;
  if leased.visible_at <= at then
    update private.waiting_messages set is_leased = false where queue = leased.queue and message_id = leased.message_id;
    leased := null;
  end if;

  if private.effective_status(lane.strategy_id) = 'exits_only' then
    perform private.end_entries(lane);
  end if;
  for closing in
    select * from private.waiting_messages as waiting
    where lane_key = lane.lane_key and strategy_id = lane.strategy_id and symbol = lane.symbol
      and not is_entry and is_close
    order by message_id
  loop
    perform private.retire_messages(
      lane.queue, array_agg(message_id), 'cancelled', cancelled_by => closing.signal_id)
    from private.waiting_messages as waiting
    where lane_key = lane.lane_key and strategy_id = lane.strategy_id and symbol = lane.symbol
      and message_id < closing.message_id and private.cancels(closing.role, role) and not is_leased
    having count(*) > 0;
    -- If its worker does not settle it, the lane is looked at first.
    update private.waiting_messages set is_urgent = true
    where queue = leased.queue and message_id = leased.message_id and message_id < closing.message_id
      and not is_urgent;
  end loop;

  loop
    front := private.lane_front(lane.lane_key, lane.strategy_id, lane.symbol);
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
  'Returns the message of a lane that may be handed out now; null: one is leased, or the front must wait. '
  'Retires what a close has cancelled and what was read max_reads times. The caller has the lane''s lock.';

create function private.demote_candidates(lane private.waiting_messages)
returns void
language plpgsql
volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  front constant private.waiting_messages := private.lane_front(lane.lane_key, lane.strategy_id, lane.symbol);
begin
  update private.waiting_messages as waiting set is_candidate = false
  where waiting.queue = lane.queue and message_id = any (array(
    select message_id from private.waiting_messages as behind
    where behind.lane_key = lane.lane_key and behind.strategy_id = lane.strategy_id and behind.symbol = lane.symbol
      and message_id >= lane.message_id and is_candidate and not is_leased and message_id <> front.message_id
    order by message_id
    limit 2000));
  update private.waiting_messages as waiting set is_candidate = true
  where waiting.queue = lane.queue and message_id = front.message_id and not is_candidate;
end;
$$;

comment on function private.demote_candidates(private.waiting_messages) is
  'Lets claims pass over a message of a lane and those behind it, but for the lane''s front: each becomes a candidate '
  'again when it is the front. The caller has the lane''s lock.';

create function private.pick_messages(
  queue text, quantity integer, tests boolean default false, only_urgent boolean default false)
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
  if (select mode from public.router_settings) = 'paused' then
    return picked;
  end if;
  for candidate in
    select * from private.waiting_messages as waiting
    where waiting.queue = pick_messages.queue and is_candidate and visible_at <= at and expires_at > at
      and (role <> 'test' or pick_messages.tests) and (is_urgent or not pick_messages.only_urgent)
      and (select status from public.strategies where id = strategy_id) in ('active', 'exits_only')
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

comment on function private.pick_messages(text, integer, boolean, boolean) is
  'Returns the messages of a queue to hand out next, one per lane: exits first, then in order; tests only where asked; '
  'only_urgent: none behind the exits. Locks their lanes.';

revoke execute on function
  private.end_entries(private.waiting_messages), private.next_in_lane(private.waiting_messages),
  private.demote_candidates(private.waiting_messages),
  private.pick_messages(text, integer, boolean, boolean)
from public, anon, authenticated, service_role;
