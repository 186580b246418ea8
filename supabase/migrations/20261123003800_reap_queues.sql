-- The upkeep of queues, also of those without a worker. Every function is one bounded step: cron commits between them.

create function private.expire_messages(queue text)
returns integer
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
#variable_conflict use_column
declare
  at constant timestamptz := clock_timestamp();
  late bigint[] := array(
    select message_id from private.waiting_messages as waiting
    where waiting.queue = expire_messages.queue and expires_at <= at and not (is_leased and visible_at > at)
    order by expires_at limit 500);
begin
  if late = '{}' then
    return 0;
  end if;
  late := private.lock_lanes(expire_messages.queue, late);
  -- One may have been leased before its lane was ours.
  late := array(
    select message_id from private.waiting_messages as waiting
    where waiting.queue = expire_messages.queue and message_id = any (late) and not (is_leased and visible_at > at));
  perform private.retire_messages(expire_messages.queue, late, 'expired');
  return cardinality(late);
end;
$$;

comment on function private.expire_messages(text) is
  'Retires at most 500 expired messages of a queue that no worker has, and returns how many.';

create function private.reap_queue(queue text)
returns integer
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off
as $$
declare
  reaped integer;
  candidate private.waiting_messages;
begin
  if not private.queue_exists(reap_queue.queue) then
    delete from private.waiting_messages as waiting
    where waiting.queue = reap_queue.queue and message_id = any (array(
      select message_id from private.waiting_messages as dropped
      where dropped.queue = reap_queue.queue order by message_id limit 5000));
    get diagnostics reaped = row_count;
    return reaped;
  end if;

  reaped := private.expire_messages(reap_queue.queue);
  if reaped = 0 then
    for candidate in
      select distinct on (lane_key) * from private.waiting_messages as waiting
      where waiting.queue = reap_queue.queue and is_candidate and visible_at <= clock_timestamp()
        and (is_urgent or reads >= private.max_reads())
      order by lane_key
      limit 500
    loop
      if pg_try_advisory_xact_lock(candidate.lane_key) then
        perform private.next_in_lane(candidate);
      end if;
    end loop;
    reaped := private.reconcile_queue(reap_queue.queue);
  end if;
  return reaped;
end;
$$;

comment on function private.reap_queue(text) is
  'One bounded step of what is due in a queue without a worker: retires expired messages; if there are none, entries '
  'that an exit has overtaken and messages that were read max_reads times, and takes over what was changed by hand. '
  'Returns how many rows changed: if any, there may be more.';

create function private.empty_archives(before timestamptz)
returns bigint
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off
set enable_sort = off
as $$
declare
  rows_at_once constant integer := 5000;
  queue text;
  deleted integer;
  total bigint := 0;
begin
  foreach queue in array private.known_queues() loop
    continue when to_regclass(format('pgmq.%I', 'a_' || queue)) is null;
    -- Another application may use the queue too: only signals are ours.
    execute format(
      'delete from pgmq.%1$I where msg_id = any (array(
         select msg_id from pgmq.%1$I where archived_at < $1 and message ? ''signal_id''
         order by archived_at limit $2))', 'a_' || queue)
    using empty_archives.before, rows_at_once - total;
    get diagnostics deleted = row_count;
    total := total + deleted;
    exit when total >= rows_at_once;
  end loop;
  return total;
end;
$$;

comment on function private.empty_archives(timestamptz) is
  'Deletes signals from the archives of queues that were archived before the given time, at most 5000, and returns how '
  'many: if any, there may be more.';

revoke execute on function
  private.expire_messages(text), private.reap_queue(text), private.empty_archives(timestamptz)
from public, anon, authenticated, service_role;
