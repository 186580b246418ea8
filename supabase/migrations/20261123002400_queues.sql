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

comment on table public.queue_outcomes is
  'Outcome of every message that left a queue; the message itself is in pgmq''s archive.';
comment on column public.queue_outcomes.outcome is
  'completed: by a worker · dead: read too often without success · expired: too late to be of use · cancelled: an '
  'exit came after it.';
comment on column public.queue_outcomes.reads is 'Times that it was handed out.';
comment on column public.queue_outcomes.worker is 'The worker that settled it; empty: the router.';
comment on column public.queue_outcomes.replayed_at is 'When its signal was last replayed.';

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

comment on table private.queue_leases is 'The worker that each message was last handed out to.';
comment on column private.queue_leases.failed is
  'Whether the worker gave it back: nobody has it until it is handed out again.';
comment on column private.queue_leases.error is 'The reason for which it was last given back.';

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

comment on function private.queue_table(text) is 'Returns pgmq''s table of a queue; raises if there is none.';

create function private.enqueue_messages(queue text, signals public.signals[], messages jsonb[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  -- As pgmq.send_batch does, without its three functions in between.
  execute format(
    'insert into pgmq.%I (vt, message) select clock_timestamp(), message from unnest($1) as message',
    'q_' || enqueue_messages.queue)
  using messages;
end;
$$;

comment on function private.enqueue_messages(text, public.signals[], jsonb[]) is 'Sends messages to a queue, in order.';

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

comment on function private.retire_messages(text, bigint[], text, text, text) is
  'Archives messages of a queue and records their outcome.';

create function private.max_reads()
returns integer
language sql
immutable
set search_path = ''
as $$
  select 5;
$$;

comment on function private.max_reads() is 'Times that a message is handed out before it is dead.';

create function private.reap_queue(queue text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  late bigint[];
  overtaken bigint[];
  spent bigint[];
  finished record;
begin
  -- Skips messages that a worker has, and those that another transaction reaps now.
  execute format(
    'select
       array_agg(msg_id) filter (where expires_at <= clock_timestamp()),
       array_agg(msg_id) filter (where expires_at > clock_timestamp() and is_entry and exit_after),
       array_agg(msg_id) filter (
         where expires_at > clock_timestamp() and not (is_entry and exit_after) and read_ct >= %s)
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
       for update skip locked) as free on true',
    private.max_reads(), private.queue_table(queue), private.queue_table(queue))
  into late, overtaken, spent using queue;

  perform private.retire_messages(queue, overtaken, 'cancelled');
  perform private.retire_messages(queue, late, 'expired');
  perform private.retire_messages(
    queue, spent, 'dead', error => format('Read %s times without success', private.max_reads()));

  for finished in
    select strategy_id, outcome, array_agg(signal_id) as signal_ids from public.queue_outcomes
    where queue_outcomes.queue = reap_queue.queue and message_id = any (late || spent) and settled_at >= now()
    group by strategy_id, outcome
  loop
    if finished.outcome = 'expired' then
      perform private.expire_signals(finished.strategy_id, finished.signal_ids);
    else
      perform private.open_incident('dead_letters', finished.strategy_id, 'queue:' || queue,
        jsonb_build_object('signal_ids', to_jsonb(finished.signal_ids[1:10])));
    end if;
  end loop;
end;
$$;

comment on function private.reap_queue(text) is
  'Retires expired messages, entries that an exit has overtaken, and messages that were read max_reads times.';

create function private.reap_queues()
returns void
language sql
volatile
set search_path = ''
as $$
  select private.reap_queue(target)
  from (select distinct target from public.routes where kind = 'queue' order by target) as queues
  where private.queue_exists(target);
$$;

comment on function private.reap_queues() is
  'Reaps all queues, including those without a worker; run every minute by cron.';

grant select on public.queue_outcomes to service_role;

revoke execute on function
  private.queue_table(text), private.enqueue_messages(text, public.signals[], jsonb[]),
  private.retire_messages(text, bigint[], text, text, text), private.max_reads(),
  private.reap_queue(text), private.reap_queues()
from public, anon, authenticated, service_role;
