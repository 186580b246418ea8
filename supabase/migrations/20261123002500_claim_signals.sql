-- The contract of workers that poll a queue: claim, then complete or fail.

create function public.claim_signals(
  queue text, worker text, quantity integer default 1, lease interval default '30 seconds')
returns table (message_id bigint, receipt integer, message jsonb)
language plpgsql
volatile
security definer -- pgmq belongs to postgres
set search_path = ''
as $$
#variable_conflict use_column
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
  perform private.reap_queue(queue);
  return query execute format(
    'with lanes as (
       select messages.msg_id, messages.vt, strategies.status,
         private.is_exit(signals.action, signals.direction) as is_exit,
         row_number() over (partition by signals.strategy_id, signals.symbol order by messages.msg_id) as place
       from %1$s as messages
       join public.signals on signals.id = (messages.message ->> ''signal_id'')::uuid
       join public.strategies on strategies.id = signals.strategy_id
     ),
     -- One unsettled message at a time in a lane: an older one, leased or waiting, goes first.
     heads as (
       select msg_id, is_exit from lanes
       where place = 1 and vt <= clock_timestamp() and status = ''active''
       order by is_exit desc, msg_id
       limit $1
     ),
     free as (
       select msg_id from %1$s as messages
       where msg_id in (select msg_id from heads) and vt <= clock_timestamp()
       for update skip locked
     ),
     leased as (
       update %1$s as messages set vt = clock_timestamp() + $2, read_ct = read_ct + 1
       where msg_id in (select msg_id from free)
       returning msg_id, read_ct, messages.message
     ),
     recorded as (
       insert into private.queue_leases (queue, message_id, worker)
       select $3, msg_id, $4 from leased
       on conflict (queue, message_id) do update set worker = excluded.worker, failed = false
     )
     select msg_id, read_ct::integer, leased.message from leased join heads using (msg_id)
     order by is_exit desc, msg_id', private.queue_table(queue))
  using quantity, lease, queue, worker;
end;
$$;

comment on function public.claim_signals(text, text, integer, interval) is
  'Leases signals of a queue to a worker, at most 100: [{message_id, receipt, message}]. Of a strategy and symbol '
  'only the oldest is handed out; exits come first; paused strategies get none. Complete or fail each with its '
  'receipt before the lease ends.';

create function public.complete_signal(queue text, message_id bigint, receipt integer)
returns boolean
language plpgsql
volatile
security definer -- pgmq belongs to postgres
set search_path = ''
as $$
declare
  has_lease boolean;
begin
  execute format('select true from %s where msg_id = $1 and read_ct = $2 for update', private.queue_table(queue))
  into has_lease using complete_signal.message_id, complete_signal.receipt;
  if has_lease then
    perform private.retire_messages(complete_signal.queue, array[complete_signal.message_id], 'completed',
      worker => (select worker from private.queue_leases
        where queue_leases.queue = complete_signal.queue and queue_leases.message_id = complete_signal.message_id));
  end if;
  return coalesce(has_lease, false);
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
as $$
declare
  has_lease boolean;
begin
  execute format(
    'update %s set vt = clock_timestamp() + $3 where msg_id = $1 and read_ct = $2 returning true',
    private.queue_table(queue))
  into has_lease using fail_signal.message_id, fail_signal.receipt, fail_signal.retry_in;
  if has_lease is null then
    return 'lost';
  elsif fail_signal.receipt >= private.max_reads() then
    perform private.retire_messages(fail_signal.queue, array[fail_signal.message_id], 'dead',
      worker => (select worker from private.queue_leases
        where queue_leases.queue = fail_signal.queue and queue_leases.message_id = fail_signal.message_id),
      error => left(fail_signal.error, 500));
    perform private.open_incident('dead_letters', strategy_id, 'queue:' || fail_signal.queue,
      jsonb_build_object('signal_ids', jsonb_build_array(signal_id), 'error', left(fail_signal.error, 500)))
    from public.queue_outcomes
    where queue_outcomes.queue = fail_signal.queue and queue_outcomes.message_id = fail_signal.message_id
      and settled_at >= now();
    return 'dead';
  end if;
  update private.queue_leases set failed = true, error = left(fail_signal.error, 500)
  where queue_leases.queue = fail_signal.queue and queue_leases.message_id = fail_signal.message_id;
  return 'retrying';
end;
$$;

comment on function public.fail_signal(text, bigint, integer, text, interval) is
  'Gives a signal back: retrying (handed out again after retry_in), dead (it was read max_reads times), or lost '
  '(another worker has it, or it is settled).';

revoke execute on function
  public.claim_signals(text, text, integer, interval), public.complete_signal(text, bigint, integer),
  public.fail_signal(text, bigint, integer, text, interval)
from public, anon, authenticated, service_role;
grant execute on function
  public.claim_signals(text, text, integer, interval), public.complete_signal(text, bigint, integer),
  public.fail_signal(text, bigint, integer, text, interval)
to service_role;
