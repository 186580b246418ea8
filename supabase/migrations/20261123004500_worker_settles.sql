create function private.message_outcome(queue text, message_id bigint, receipt bigint)
returns jsonb
language plpgsql
volatile -- sees what others have committed while the call waited
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  waiting private.waiting_messages;
  settled public.queue_outcomes;
begin
  select * into waiting from private.waiting_messages as known
  where known.queue = message_outcome.queue and known.message_id = message_outcome.message_id;
  if found then
    return jsonb_build_object('settled_by_this_receipt', false, 'not_held',
      case when waiting.is_leased and waiting.visible_at > clock_timestamp() then 'leased' else 'waiting' end);
  end if;
  select * into settled from public.queue_outcomes as known
  where known.queue = message_outcome.queue and known.message_id = message_outcome.message_id
  order by id desc limit 1;
  return jsonb_build_object(
    'not_held', coalesce(settled.outcome, 'unknown'),
    'settled_by_this_receipt', coalesce(
      settled.outcome in ('completed', 'rejected', 'dead') and settled.reads = message_outcome.receipt, false));
end;
$$;

comment on function private.message_outcome(text, bigint, bigint) is
  'Returns what has become of a message that a worker does not hold: {not_held, settled_by_this_receipt}.';

create function public.worker_settle(
  key_digest text, remote_ip inet, call text, queue text, message_id bigint, receipt bigint, details jsonb)
returns jsonb
language plpgsql
volatile
security definer -- reads keys and queues
set search_path = ''
as $$
declare
  worker constant public.workers := private.identify_worker(key_digest, remote_ip);
  seconds constant interval := make_interval(secs => (details ->> 'seconds')::integer);
  answer jsonb;
  was_held boolean := false;
begin
  if worker.id is null then
    return '{"refusal": "not_authorized"}';
  elsif not 'settle' = any (worker.can) or queue <> all (worker.queues)
    or to_regclass(format('pgmq.%I', 'q_' || worker_settle.queue)) is null
  then
    return '{"refusal": "not_permitted"}';
  end if;
  -- A receipt that no message can have.
  if receipt between 1 and 2147483647 then
    case call
      when 'complete' then
        was_held := public.complete_signal(queue, message_id, receipt::integer, details -> 'result');
      when 'reject' then
        was_held := public.reject_signal(queue, message_id, receipt::integer, details ->> 'text');
      when 'fail' then
        answer := to_jsonb(public.fail_signal(queue, message_id, receipt::integer, details ->> 'text', seconds));
        was_held := answer <> '"lost"';
        answer := jsonb_build_object('outcome', answer);
      when 'extend' then
        answer := public.extend_signal(queue, message_id, receipt::integer, seconds);
        was_held := answer is not null;
    end case;
  end if;
  if not was_held then
    return private.message_outcome(queue, message_id, receipt);
  end if;
  return coalesce(
    answer, jsonb_build_object('outcome', case call when 'complete' then 'completed' else 'rejected' end));
end;
$$;

comment on function public.worker_settle(text, inet, text, text, bigint, bigint, jsonb) is
  'complete {result?}, reject {text}, fail {text, seconds} or extend {seconds} for the worker of a key. Returns '
  '{outcome} or {leased_until, exit_waiting}; {refusal}; or, if it does not hold the message, '
  '{not_held, settled_by_this_receipt}.';

create function public.worker_heartbeat(key_digest text, remote_ip inet, version text default null)
returns jsonb
language plpgsql
volatile
security definer -- reads keys
set search_path = ''
as $$
declare
  worker constant public.workers := private.identify_worker(key_digest, remote_ip);
begin
  if worker.id is null then
    return '{"refusal": "not_authorized"}';
  end if;
  update private.worker_presence set version = worker_heartbeat.version
  where worker_id = worker.id and worker_presence.version is distinct from worker_heartbeat.version;
  return jsonb_build_object('worker', worker.name);
end;
$$;

comment on function public.worker_heartbeat(text, inet, text) is
  'Records that a worker is there, and its version: {worker}, or {refusal}.';

revoke execute on function
  private.message_outcome(text, bigint, bigint),
  public.worker_settle(text, inet, text, text, bigint, bigint, jsonb), public.worker_heartbeat(text, inet, text)
from public, anon, authenticated, service_role;
grant execute on function
  public.worker_settle(text, inet, text, text, bigint, bigint, jsonb), public.worker_heartbeat(text, inet, text)
to service_role;
