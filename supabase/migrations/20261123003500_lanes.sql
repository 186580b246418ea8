-- The lanes of queues: one message of a queue, strategy and symbol at a time, in order. Whatever leases or settles a
-- message has the lock of its lane until its transaction ends: two claims cannot take one lane, and whoever has the
-- lock sees all that was decided before.

-- A connection keeps the plan that it made while private.waiting_messages was empty, where every index costs the same.
-- Functions that look a lane or a message up therefore plan anew for each call; the others may not read all of it.

create function private.lock_lanes(queue text, message_ids bigint[])
returns bigint[]
language sql
volatile
set search_path = ''
set enable_seqscan = off
as $$
  -- At most 1000, because the server's room for locks is small.
  with meant as materialized (
    select message_id, lane_key from private.waiting_messages as waiting
    where waiting.queue = lock_lanes.queue and message_id = any (lock_lanes.message_ids)
  ),
  lanes as materialized (select distinct lane_key from meant limit 1000),
  locked as materialized (select lane_key from lanes where pg_try_advisory_xact_lock(lane_key))
  select coalesce(array_agg(message_id), '{}') from meant join locked using (lane_key);
$$;

comment on function private.lock_lanes(text, bigint[]) is
  'Locks the lanes of messages, until the transaction ends, without waiting. Returns the messages whose lane it could '
  'lock.';

create function private.lock_message(queue text, message_id bigint)
returns private.waiting_messages
language plpgsql
volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
begin
  perform pg_advisory_xact_lock(lane_key) from private.waiting_messages as waiting
  where waiting.queue = lock_message.queue and waiting.message_id = lock_message.message_id;
  return (
    select waiting from private.waiting_messages as waiting
    where waiting.queue = lock_message.queue and waiting.message_id = lock_message.message_id);
end;
$$;

comment on function private.lock_message(text, bigint) is
  'Locks the lane of a message until the transaction ends, and returns the message as it is then; null if it is gone.';

create function private.lane_front(lane_key bigint, strategy_id uuid, symbol text)
returns private.waiting_messages
language plpgsql
volatile -- sees what the caller has just deleted
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  front private.waiting_messages;
begin
  select * into front from private.waiting_messages as waiting
  where waiting.lane_key = lane_front.lane_key and waiting.strategy_id = lane_front.strategy_id
    and waiting.symbol = lane_front.symbol and not is_entry
  order by message_id limit 1;
  if front.is_close then
    return front;
  end if;
  select * into front from private.waiting_messages as waiting
  where waiting.lane_key = lane_front.lane_key and waiting.strategy_id = lane_front.strategy_id
    and waiting.symbol = lane_front.symbol
  order by message_id limit 1;
  return front;
end;
$$;

comment on function private.lane_front(bigint, uuid, text) is
  'Returns the message of a lane that goes next: the oldest, but a close goes past the entries before it.';

create function private.promote_lane(lane_key bigint, strategy_id uuid, symbol text)
returns void
language plpgsql
volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  front constant private.waiting_messages :=
    private.lane_front(promote_lane.lane_key, promote_lane.strategy_id, promote_lane.symbol);
begin
  update private.waiting_messages as waiting set is_candidate = true
  where waiting.queue = front.queue and waiting.message_id = front.message_id and not is_candidate;
end;
$$;

comment on function private.promote_lane(bigint, uuid, text) is
  'Makes the front of a lane a candidate. The caller has the lane''s lock.';

create function private.drop_messages(queue text, message_ids bigint[])
returns setof private.waiting_messages
language plpgsql
volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  dropped private.waiting_messages[];
begin
  with gone as (
    delete from private.waiting_messages as waiting
    where waiting.queue = drop_messages.queue and message_id = any (drop_messages.message_ids)
    returning waiting
  )
  select array_agg(gone.waiting) into dropped from gone;
  perform private.promote_lane(lane_key, strategy_id, symbol)
  from (select distinct lane_key, strategy_id, symbol from unnest(dropped)) as lanes;
  return query select * from unnest(dropped);
end;
$$;

comment on function private.drop_messages(text, bigint[]) is
  'Deletes what we know of messages, makes the next of each lane a candidate, and returns what was deleted. The caller '
  'has their lanes'' locks.';

create function private.retire_messages(
  queue text, message_ids bigint[], outcome text, worker text default null, error text default null,
  cancelled_by uuid default null)
returns integer
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  -- Messages that an operator has deleted are not archived, and have no outcome.
  archived constant bigint[] := array(select pgmq.archive(retire_messages.queue, retire_messages.message_ids));
  finished record;
begin
  for finished in
    with recorded as (
      insert into public.queue_outcomes (
        queue, message_id, signal_id, strategy_id, outcome, reads, worker, error, cancelled_by)
      select queue, message_id, signal_id, strategy_id, retire_messages.outcome, reads, retire_messages.worker,
        retire_messages.error, retire_messages.cancelled_by
      from private.drop_messages(retire_messages.queue, retire_messages.message_ids)
      where message_id = any (archived)
      returning strategy_id, signal_id
    )
    select recorded.strategy_id, array_agg(signal_id) as signal_ids
    from recorded join public.signals on signals.id = signal_id
    where not is_test -- a test changes nothing
    group by recorded.strategy_id
  loop
    if retire_messages.outcome = 'expired' then
      perform private.expire_signals(finished.strategy_id, finished.signal_ids, 'queue:' || retire_messages.queue,
        is_silent => not exists (
          select from private.queue_workers where queue_workers.queue = retire_messages.queue));
    elsif retire_messages.outcome = 'dead' then
      perform private.report_failed_exits(
        finished.strategy_id, finished.signal_ids, 'dead', 'queue:' || retire_messages.queue);
      perform private.open_incident('dead_letters', finished.strategy_id, 'queue:' || retire_messages.queue,
        private.newest_evidence(finished.signal_ids) || jsonb_build_object(
          'signal_ids', to_jsonb(finished.signal_ids[1:10]), 'error', retire_messages.error),
        cardinality(finished.signal_ids));
    end if;
  end loop;
  return cardinality(archived);
end;
$$;

comment on function private.retire_messages(text, bigint[], text, text, text, uuid) is
  'Archives messages of a queue and records their outcome, with an incident if they are expired or dead. Returns how '
  'many there were. The caller has their lanes'' locks.';

revoke execute on function
  private.lock_lanes(text, bigint[]), private.lock_message(text, bigint), private.lane_front(bigint, uuid, text),
  private.promote_lane(bigint, uuid, text),
  private.drop_messages(text, bigint[]), private.retire_messages(text, bigint[], text, text, text, uuid)
from public, anon, authenticated, service_role;
