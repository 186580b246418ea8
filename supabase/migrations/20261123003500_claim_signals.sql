-- The contract of workers that poll a queue: claim, then complete or fail.

create function private.lease_messages(queue text, message_ids bigint[], worker text, lease interval)
returns table (message_id bigint, receipt integer, message jsonb)
language plpgsql
volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  target constant regclass := private.queue_table(queue);
  until timestamptz;
begin
  -- One by one: a statement that does both writes for all takes longer to plan than to run.
  foreach message_id in array message_ids loop
    execute format(
      'update %s as messages set vt = clock_timestamp() + $2, read_ct = read_ct + 1
       where msg_id = $1 and vt <= clock_timestamp()
       returning read_ct, vt, messages.message', target)
    into receipt, until, message using message_id, lease;
    continue when receipt is null;
    update private.waiting_messages as waiting
    set is_leased = true, visible_at = until, reads = receipt, worker = lease_messages.worker
    where waiting.queue = lease_messages.queue and waiting.message_id = lease_messages.message_id;
    return next;
  end loop;
end;
$$;

comment on function private.lease_messages(text, bigint[], text, interval) is
  'Leases messages to a worker: those that pgmq still has, and that nobody reads by hand. The caller has their lanes'' '
  'locks.';

create function public.claim_signals(
  queue text, worker text, quantity integer default 1, lease interval default '30 seconds',
  tests boolean default false)
returns table (message_id bigint, receipt integer, message jsonb)
language plpgsql
volatile
security definer -- pgmq belongs to postgres
set search_path = ''
as $$
declare
  started_at constant timestamptz := clock_timestamp();
  picked bigint[];
  expired integer;
  claimed integer := 0;
  leased integer;
begin
  if lease is null or lease <= '0' then
    raise exception 'Cannot claim signals for %: lease must be positive', lease
      using errcode = 'invalid_parameter_value';
  end if;
  -- PostgREST returns at most 1000 rows: the rest would be leased and never reach the worker.
  if quantity is null or quantity not between 1 and 100 then
    raise exception 'Cannot claim % signals: quantity must be 1 to 100', quantity
      using errcode = 'invalid_parameter_value';
  end if;
  perform private.queue_table(queue);
  perform private.record_claim(queue);
  loop
    expired := private.expire_messages(queue);
    picked := private.pick_messages(queue, quantity - claimed, tests);
    leased := 0;
    if picked <> '{}' then
      return query select * from private.lease_messages(queue, picked, worker, lease);
      get diagnostics leased = row_count;
      claimed := claimed + leased;
      if leased < cardinality(picked) then
        perform private.resync_messages(queue, picked);
      end if;
    end if;
    -- The next call clears away the rest: expired messages first, then those that a purge took.
    exit when claimed = quantity
      or leased = cardinality(picked)
        and (claimed > 0 or expired = 0 or clock_timestamp() > started_at + interval '250 milliseconds')
      or clock_timestamp() > started_at + interval '1 second';
  end loop;
end;
$$;

comment on function public.claim_signals(text, text, integer, interval, boolean) is
  'Leases signals of a queue to a worker, at most 100: [{message_id, receipt, message}]. Of a strategy and symbol '
  'only the oldest is handed out; exits come first; paused strategies get none; test signals only with tests => true. '
  'Complete or fail each with its receipt before the lease ends.';

create function public.complete_signal(queue text, message_id bigint, receipt integer)
returns boolean
language plpgsql
volatile
security definer -- pgmq belongs to postgres
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  waiting constant private.waiting_messages := private.lock_message(queue, message_id);
begin
  perform private.queue_table(queue);
  if waiting.reads is distinct from receipt then
    return false;
  elsif not pgmq.archive(queue, message_id) then
    perform private.resync_messages(queue, array[message_id]);
    return false;
  end if;
  -- As retire_messages does, for one message.
  delete from private.waiting_messages
  where waiting_messages.queue = waiting.queue and waiting_messages.message_id = waiting.message_id;
  insert into public.queue_outcomes (queue, message_id, signal_id, strategy_id, outcome, reads, worker)
  values (waiting.queue, waiting.message_id, waiting.signal_id, waiting.strategy_id, 'completed', waiting.reads,
    waiting.worker);
  perform private.promote_lane(waiting.lane_key, waiting.strategy_id, waiting.symbol);
  return true;
end;
$$;

comment on function public.complete_signal(text, bigint, integer) is
  'Settles a signal as done. False: the lease had ended and another worker has the signal, or it is settled.';

create function public.fail_signal(
  queue text, message_id bigint, receipt integer, error text, retry_in interval default '30 seconds')
returns text
language plpgsql
volatile
security definer -- pgmq belongs to postgres
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  waiting constant private.waiting_messages := private.lock_message(queue, message_id);
  target constant regclass := private.queue_table(queue);
  reason constant text := left(error, 500);
  retry_at timestamptz;
begin
  if waiting.reads is distinct from receipt then
    return 'lost';
  elsif receipt >= private.max_reads() then
    return case private.retire_messages(queue, array[message_id], 'dead', worker => waiting.worker, error => reason)
      when 1 then 'dead' else 'lost' end;
  end if;
  execute format('update %s set vt = clock_timestamp() + $2 where msg_id = $1 returning vt', target)
  into retry_at using message_id, retry_in;
  if retry_at is null then
    perform private.resync_messages(queue, array[message_id]);
    return 'lost';
  end if;
  update private.waiting_messages
  set is_leased = false, is_urgent = is_exit, visible_at = retry_at, error = reason
  where waiting_messages.queue = waiting.queue and waiting_messages.message_id = waiting.message_id;
  -- Cancels it, if a close came while the worker had it; else the close may go past it now.
  perform private.next_in_lane(waiting);
  perform private.promote_lane(waiting.lane_key, waiting.strategy_id, waiting.symbol);
  return 'retrying';
end;
$$;

comment on function public.fail_signal(text, bigint, integer, text, interval) is
  'Gives a signal back: retrying (handed out again after retry_in), dead (it was read max_reads times), or lost '
  '(another worker has it, or it is settled).';

revoke execute on function
  private.lease_messages(text, bigint[], text, interval),
  public.claim_signals(text, text, integer, interval, boolean), public.complete_signal(text, bigint, integer),
  public.fail_signal(text, bigint, integer, text, interval)
from public, anon, authenticated, service_role;
grant execute on function
  public.claim_signals(text, text, integer, interval, boolean), public.complete_signal(text, bigint, integer),
  public.fail_signal(text, bigint, integer, text, interval)
to service_role;
