-- How workers give signals back: completed, rejected, failed, or held for longer.

create function private.settle_message(
  waiting private.waiting_messages, outcome text, error text default null, result jsonb default null)
returns boolean
language plpgsql
volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
begin
  if not pgmq.archive(waiting.queue, waiting.message_id) then
    perform private.resync_messages(waiting.queue, array[waiting.message_id]);
    return false;
  end if;
  -- As retire_messages does, for one message.
  delete from private.waiting_messages
  where waiting_messages.queue = waiting.queue and waiting_messages.message_id = waiting.message_id;
  insert into public.queue_outcomes (
    queue, message_id, signal_id, strategy_id, outcome, reads, worker, error, result)
  values (waiting.queue, waiting.message_id, waiting.signal_id, waiting.strategy_id, settle_message.outcome,
    waiting.reads, waiting.worker, settle_message.error, settle_message.result);
  perform private.promote_lane(waiting.lane_key, waiting.strategy_id, waiting.symbol);
  return true;
end;
$$;

comment on function private.settle_message(private.waiting_messages, text, text, jsonb) is
  'Archives a message that its worker settled. False: an operator has removed it. The caller has its lane''s lock.';

create function public.complete_signal(queue text, message_id bigint, receipt integer, result jsonb default null)
returns boolean
language plpgsql
volatile
security definer -- pgmq belongs to postgres
set search_path = ''
as $$
declare
  waiting constant private.waiting_messages := private.lock_message(queue, message_id);
begin
  perform private.queue_table(queue);
  return waiting.reads is not distinct from receipt
    and private.settle_message(waiting, 'completed', result => complete_signal.result);
end;
$$;

comment on function public.complete_signal(text, bigint, integer, jsonb) is
  'Settles a signal as executed; result: an object of at most 4 KiB, for the audit. False: the lease had ended and '
  'another worker has the signal, or it is settled.';

create function public.reject_signal(queue text, message_id bigint, receipt integer, reason text)
returns boolean
language plpgsql
volatile
security definer -- pgmq belongs to postgres
set search_path = ''
as $$
declare
  many constant integer := 3;
  waiting constant private.waiting_messages := private.lock_message(queue, message_id);
  rejected bigint;
begin
  perform private.queue_table(queue);
  if waiting.reads is distinct from receipt
    or not private.settle_message(waiting, 'rejected', error => left(reject_signal.reason, 500))
  then
    return false;
  end if;
  if waiting.is_exit then
    perform private.report_failed_exits(
      waiting.strategy_id, array[waiting.signal_id], 'rejected', 'queue:' || waiting.queue);
  elsif waiting.role <> 'test' then
    select count(*) into rejected from public.queue_outcomes
    where strategy_id = waiting.strategy_id and queue_outcomes.queue = waiting.queue and outcome = 'rejected'
      and settled_at > now() - interval '1 hour';
    if rejected >= many then
      perform private.open_incident('signals_rejected', waiting.strategy_id, 'queue:' || waiting.queue,
        private.newest_evidence(array[waiting.signal_id]) || jsonb_build_object(
          'signal_ids', jsonb_build_array(waiting.signal_id), 'worker', waiting.worker,
          'error', left(reject_signal.reason, 500)));
    end if;
  end if;
  return true;
end;
$$;

comment on function public.reject_signal(text, bigint, integer, text) is
  'Settles a signal that cannot be executed: it is not handed out again. An exit is an urgent incident, a third entry '
  'within an hour an incident. False: as complete_signal.';

create function public.extend_signal(
  queue text, message_id bigint, receipt integer, lease interval default '30 seconds')
returns jsonb
language plpgsql
volatile
security definer -- pgmq belongs to postgres
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  longest constant interval := '15 minutes';
  waiting constant private.waiting_messages := private.lock_message(queue, message_id);
  until timestamptz;
begin
  if lease is null or lease <= '0' then
    raise exception 'Cannot extend a lease by %: lease must be positive', lease
      using errcode = 'invalid_parameter_value';
  end if;
  if waiting.reads is distinct from receipt or not waiting.is_leased or waiting.visible_at <= clock_timestamp() then
    return null;
  end if;
  execute format(
    'update %s set vt = greatest(vt, $2) where msg_id = $1 returning vt', private.queue_table(queue))
  into until using message_id, least(clock_timestamp() + lease, waiting.leased_at + longest);
  if until is null then
    perform private.resync_messages(queue, array[message_id]);
    return null;
  end if;
  update private.waiting_messages as leased set visible_at = until
  where leased.queue = waiting.queue and leased.message_id = waiting.message_id;
  return jsonb_build_object('leased_until', until, 'exit_waiting', exists (
    select from private.waiting_messages as behind
    where behind.lane_key = waiting.lane_key and behind.strategy_id = waiting.strategy_id
      and behind.symbol = waiting.symbol and behind.is_exit and behind.message_id > waiting.message_id));
end;
$$;

comment on function public.extend_signal(text, bigint, integer, interval) is
  'Extends a lease, to 15 minutes at most since the claim: {leased_until, exit_waiting}. exit_waiting: an exit of the '
  'same strategy and symbol came after it. Null: the lease has ended.';

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
  if retry_in is null or retry_in < '0' then
    raise exception 'Cannot retry in %: retry_in must be 0 or more', retry_in
      using errcode = 'invalid_parameter_value', hint = 'reject_signal gives a signal up for good.';
  end if;
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
  private.settle_message(private.waiting_messages, text, text, jsonb),
  public.complete_signal(text, bigint, integer, jsonb), public.reject_signal(text, bigint, integer, text),
  public.extend_signal(text, bigint, integer, interval), public.fail_signal(text, bigint, integer, text, interval)
from public, anon, authenticated, service_role;
grant execute on function
  public.complete_signal(text, bigint, integer, jsonb), public.reject_signal(text, bigint, integer, text),
  public.extend_signal(text, bigint, integer, interval), public.fail_signal(text, bigint, integer, text, interval)
to service_role;
