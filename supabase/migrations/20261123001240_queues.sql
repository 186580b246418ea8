-- The contract of workers that poll a queue: claim, then complete or fail.

create table public.queue_outcomes (
  id bigint generated always as identity primary key,
  queue text not null,
  message_id bigint not null,
  signal_id uuid not null,
  strategy_id uuid not null,
  outcome text not null
    constraint queue_outcomes_outcome_is_known check (outcome in ('completed', 'dead', 'expired', 'cancelled')),
  reads integer not null,
  worker text,
  error text,
  settled_at timestamptz not null default clock_timestamp(),
  replayed_at timestamptz
);

comment on table public.queue_outcomes is 'What became of every message that left a queue; the message itself is in pgmq''s archive.';
comment on column public.queue_outcomes.outcome is 'completed: a worker did it · dead: read too often without success · expired: too late to be of use · cancelled: an exit came after it.';
comment on column public.queue_outcomes.reads is 'How often it was handed out.';
comment on column public.queue_outcomes.worker is 'Who settled it; empty: the router.';

comment on column public.queue_outcomes.replayed_at is 'When its signal was last sent again, on purpose.';

create index queue_outcomes_queue_message_id on public.queue_outcomes (queue, message_id);
create index queue_outcomes_signal_id on public.queue_outcomes (signal_id);
create index queue_outcomes_settled_at on public.queue_outcomes (settled_at);

create table private.queue_leases (
  queue text not null,
  message_id bigint not null,
  worker text not null,
  failed boolean not null default false,
  error text,
  primary key (queue, message_id)
);

comment on table private.queue_leases is 'Who was handed a message last.';
comment on column private.queue_leases.failed is 'The worker has given it back: until it is handed out again nobody has it.';
comment on column private.queue_leases.error is 'Why a worker gave it back last.';

select private.deny_clients('{public.queue_outcomes,private.queue_leases}');

create function private.queue_table(queue text)
returns regclass
language plpgsql
stable
set search_path = ''
as $$
declare
  found regclass := to_regclass(format('pgmq.%I', 'q_' || queue_table.queue));
begin
  if found is null then
    raise exception 'There is no queue "%"', queue_table.queue
      using errcode = 'no_data_found', hint = 'select queue_name from pgmq.list_queues();';
  end if;
  return found;
end;
$$;

comment on function private.queue_table(text) is 'pgmq''s table of a queue; raises if there is none.';

create function private.retire_messages(
  queue text, message_ids bigint[], outcome text, worker text default null, error text default null)
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  if message_ids is null then
    return;
  end if;
  execute format(
    'insert into public.queue_outcomes (queue, message_id, signal_id, strategy_id, outcome, reads, worker, error)
     select $1, messages.msg_id, signals.id, signals.strategy_id, $3, messages.read_ct, $4, $5
     from %s as messages
     join public.signals on signals.id = (messages.message ->> ''signal_id'')::uuid
     where messages.msg_id = any ($2)', private.queue_table(queue))
  using queue, message_ids, outcome, worker, error;
  perform pgmq.archive(queue, message_ids);
  delete from private.queue_leases
  where queue_leases.queue = retire_messages.queue and message_id = any (message_ids);
end;
$$;

comment on function private.retire_messages(text, bigint[], text, text, text) is 'Takes messages out of a queue for good, and notes why.';

create function private.tidy_queue(queue text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  max_reads constant integer := 5;
  late bigint[];
  overtaken bigint[];
  spent bigint[];
  finished record;
begin
  -- What a worker has is let finish; what another is at this moment tidying is its own.
  execute format(
    'select
       array_agg(msg_id) filter (where expires_at <= clock_timestamp()),
       array_agg(msg_id) filter (where expires_at > clock_timestamp() and is_entry and exit_after),
       array_agg(msg_id) filter (where expires_at > clock_timestamp() and not (is_entry and exit_after) and read_ct >= %s)
     from (
       select messages.msg_id,
         (messages.message ->> ''expires_at'')::timestamptz as expires_at,
         private.is_entry(signals.action, signals.direction) as is_entry,
         bool_or(private.is_exit(signals.action, signals.direction)) over (
           partition by signals.strategy_id, signals.symbol
           order by messages.msg_id rows between 1 following and unbounded following) is true as exit_after
       from %s as messages
       join public.signals on signals.id = (messages.message ->> ''signal_id'')::uuid) as judged
     join lateral (
       select read_ct from %s as messages
       where messages.msg_id = judged.msg_id
         and (vt <= clock_timestamp() or exists (
           select from private.queue_leases where queue = $1 and message_id = messages.msg_id and failed))
       for update skip locked) as free on true', max_reads, private.queue_table(queue), private.queue_table(queue))
  into late, overtaken, spent using queue;

  perform private.retire_messages(queue, overtaken, 'cancelled');
  perform private.retire_messages(queue, late, 'expired');
  perform private.retire_messages(queue, spent, 'dead', error => format('Read %s times without success', max_reads));

  for finished in
    select strategy_id, outcome, array_agg(signal_id) as signal_ids from public.queue_outcomes
    where queue_outcomes.queue = tidy_queue.queue and message_id = any (late || spent) and settled_at >= now()
    group by strategy_id, outcome
  loop
    if finished.outcome = 'expired' then
      perform private.signals_expired(finished.strategy_id, finished.signal_ids);
    else
      perform private.open_incident('dead_letters', finished.strategy_id, 'queue:' || queue,
        jsonb_build_object('signal_ids', to_jsonb(finished.signal_ids[1:10])));
    end if;
  end loop;
end;
$$;

comment on function private.tidy_queue(text) is
  'Retires what must not be handed out: expired messages, entries that an exit has overtaken, and what was read five times.';

create function private.tidy_queues()
returns void
language sql
volatile
set search_path = ''
as $$
  select private.tidy_queue(target)
  from (select distinct target from public.routes where kind = 'queue' order by target) as queues
  where to_regclass(format('pgmq.%I', 'q_' || target)) is not null;
$$;

comment on function private.tidy_queues() is 'Tidies the queues whose workers do not come; run every minute by cron.';

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
    raise exception 'Cannot claim signals for %: lease must be more than nothing', lease
      using errcode = 'invalid_parameter_value';
  end if;
  -- PostgREST returns 1000 rows at most and drops the rest, which would be leased all the same.
  if quantity is null or quantity not between 1 and 100 then
    raise exception 'Cannot claim % signals: quantity must be 1 to 100', quantity
      using errcode = 'invalid_parameter_value';
  end if;
  perform private.tidy_queue(queue);
  return query execute format(
    'with lanes as (
       select messages.msg_id, messages.vt, strategies.status,
         private.is_exit(signals.action, signals.direction) as is_exit,
         row_number() over (partition by signals.strategy_id, signals.symbol order by messages.msg_id) as place
       from %1$s as messages
       join public.signals on signals.id = (messages.message ->> ''signal_id'')::uuid
       join public.strategies on strategies.id = signals.strategy_id
     ),
     -- One unsettled at a time within a lane: an older one, leased or waiting, goes first.
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
     noted as (
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
  'Hands out signals of a queue, at most 100: [{message_id, receipt, message}]. Nobody else gets them until the lease ends; of a strategy and symbol only the oldest is handed out, exits first, and nothing of a paused strategy. Complete or fail each with its receipt.';

create function public.complete_signal(queue text, message_id bigint, receipt integer)
returns boolean
language plpgsql
volatile
security definer -- pgmq belongs to postgres
set search_path = ''
as $$
declare
  held boolean;
begin
  execute format('select true from %s where msg_id = $1 and read_ct = $2 for update', private.queue_table(queue))
  into held using complete_signal.message_id, complete_signal.receipt;
  if held then
    perform private.retire_messages(complete_signal.queue, array[complete_signal.message_id], 'completed',
      worker => (select worker from private.queue_leases
        where queue_leases.queue = complete_signal.queue and queue_leases.message_id = complete_signal.message_id));
  end if;
  return coalesce(held, false);
end;
$$;

comment on function public.complete_signal(text, bigint, integer) is
  'The worker has done it. False: its lease had ended and another has been handed the signal, or it is settled.';

create function public.fail_signal(
  queue text, message_id bigint, receipt integer, error text, retry_in interval default '30 seconds')
returns text
language plpgsql
volatile
security definer -- pgmq belongs to postgres
set search_path = ''
as $$
declare
  held boolean;
begin
  execute format(
    'update %s set vt = clock_timestamp() + $3 where msg_id = $1 and read_ct = $2 returning true',
    private.queue_table(queue))
  into held using fail_signal.message_id, fail_signal.receipt, fail_signal.retry_in;
  if held is null then
    return 'lost';
  elsif fail_signal.receipt >= 5 then
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
  'The worker could not do it: retrying (handed out again after retry_in), dead (that was the fifth time), or lost (another has it).';

grant select on public.queue_outcomes to service_role;

revoke execute on function
  private.queue_table(text), private.retire_messages(text, bigint[], text, text, text), private.tidy_queue(text),
  private.tidy_queues(), public.claim_signals(text, text, integer, interval),
  public.complete_signal(text, bigint, integer), public.fail_signal(text, bigint, integer, text, interval)
from public, anon, authenticated, service_role;
grant execute on function
  public.claim_signals(text, text, integer, interval), public.complete_signal(text, bigint, integer),
  public.fail_signal(text, bigint, integer, text, interval)
to service_role;
