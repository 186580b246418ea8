create table private.waiting_messages (
  queue text not null,
  message_id bigint not null,
  signal_id uuid not null,
  strategy_id uuid not null,
  symbol text not null,
  lane_key bigint not null
    generated always as (hashtextextended(queue || ':' || strategy_id::text || ':' || symbol, 0)) stored,
  role text not null,
  is_entry boolean not null generated always as (private.is_entry(role)) stored,
  is_exit boolean not null generated always as (private.is_exit(role)) stored,
  is_close boolean not null generated always as (private.is_close(role)) stored,
  is_urgent boolean not null,
  is_candidate boolean not null default true,
  is_leased boolean not null default false,
  expires_at timestamptz not null,
  visible_at timestamptz not null default now(),
  reads integer not null default 0,
  worker text,
  claim_id text,
  leased_at timestamptz,
  error text,
  primary key (queue, message_id)
)
-- Rows come and go: vacuum often, so that dead entries do not pile up in the indexes.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);

comment on table private.waiting_messages is
  'One row per unsettled message of a queue, with what a claim must know. It finds messages; whether one is there and '
  'may be read is decided by pgmq''s own row. A row whose message an operator has deleted is dropped.';
comment on column private.waiting_messages.symbol is 'Queue, strategy and symbol are its lane; empty: no symbol.';
comment on column private.waiting_messages.lane_key is 'Key of the advisory lock of its lane.';
comment on column private.waiting_messages.role is 'What it is to the others of its lane: see private.lane_role.';
comment on column private.waiting_messages.is_urgent is 'Claims look at it first: an exit, or what waits before one.';
comment on column private.waiting_messages.is_candidate is
  'Claims look at it: it is the front of its lane, or has not been looked at yet.';
comment on column private.waiting_messages.is_leased is 'A worker has it until visible_at, and has not given it back.';
comment on column private.waiting_messages.visible_at is 'When it may be handed out; as vt in pgmq.';
comment on column private.waiting_messages.reads is 'Times that it was handed out; as read_ct in pgmq.';
comment on column private.waiting_messages.worker is 'The worker that it was last handed out to.';
comment on column private.waiting_messages.claim_id is
  'Chosen by the worker: it gets the same messages again if the answer to its claim was lost.';
comment on column private.waiting_messages.leased_at is 'When it was last handed out.';
comment on column private.waiting_messages.error is 'The reason for which it was last given back.';

-- Lookups in a lane name its key, strategy and symbol, but not its queue: no plan can then read the queue in order.
create unique index waiting_messages_one_lease_per_lane on private.waiting_messages (lane_key, strategy_id, symbol)
  where is_leased;
create index waiting_messages_lane on private.waiting_messages (lane_key, message_id);
create index waiting_messages_not_entries on private.waiting_messages (lane_key, message_id) where not is_entry;
create index waiting_messages_candidates on private.waiting_messages (queue, is_urgent desc, message_id)
  where is_candidate;
create index waiting_messages_claim on private.waiting_messages (claim_id, worker)
  where is_leased and claim_id is not null;
-- The condition always holds: it keeps the index out of the plans of lookups by queue and message.
create index waiting_messages_expiring on private.waiting_messages (queue, expires_at) where expires_at is not null;

select private.deny_clients('{private.waiting_messages}');

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

create function private.enqueue_messages(queues text[], signals public.signals[], messages jsonb[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  batch record;
  id bigint;
  sent_places bigint[] := '{}';
  sent_ids bigint[] := '{}';
begin
  for batch in
    select queue, array_agg(place order by place) as places, array_agg(message order by place) as messages
    from unnest(queues, enqueue_messages.messages) with ordinality as sending (queue, message, place)
    group by queue
    order by queue
  loop
    -- As pgmq.send_batch does, without its three functions in between.
    for id in execute format(
      'insert into pgmq.%I (vt, message) select clock_timestamp(), unnest($1) returning msg_id', 'q_' || batch.queue)
      using batch.messages
    loop
      sent_ids := sent_ids || id;
    end loop;
    sent_places := sent_places || batch.places;
  end loop;

  -- Takes no lock, and waits for none. Of a lane only the first is a candidate: it promotes the next when it leaves.
  insert into private.waiting_messages as waiting (
    queue, message_id, signal_id, strategy_id, symbol, role, is_urgent, is_candidate, expires_at)
  select queues[sent.place], sent.message_id, signal.id, strategy_id, coalesce(symbol, ''), kind.role,
    private.is_exit(kind.role), private.is_exit(kind.role)
      or row_number() over (partition by queues[sent.place], strategy_id, symbol order by message_id) = 1,
    expires_at
  from unnest(sent_places, sent_ids) as sent (place, message_id)
  join unnest(enqueue_messages.signals) with ordinality as signal on signal.ordinality = sent.place,
    lateral (select private.lane_role(action, intent)) as kind (role)
  -- The row of a queue that was dropped and made again, where ids begin anew.
  on conflict on constraint waiting_messages_pkey do update set
    signal_id = excluded.signal_id, strategy_id = excluded.strategy_id, symbol = excluded.symbol,
    role = excluded.role, is_urgent = excluded.is_urgent, is_candidate = true,
    is_leased = false, expires_at = excluded.expires_at, visible_at = excluded.visible_at, reads = 0, worker = null,
    claim_id = null, leased_at = null, error = null;
end;
$$;

comment on function private.enqueue_messages(text[], public.signals[], jsonb[]) is
  'Sends the i-th message, of the i-th signal, to the i-th queue, in order and in the caller''s transaction. Each '
  'expires at its signal''s expires_at.';

create function private.max_reads()
returns integer
language sql
immutable
set search_path = ''
as $$
  select 5;
$$;

comment on function private.max_reads() is 'Times that a message is handed out before it is dead.';

create function private.known_queues()
returns text[]
language sql
stable
set search_path = ''
as $$
  with recursive waiting as (
    select min(queue) as queue from private.waiting_messages
    union all
    select (select min(queue) from private.waiting_messages where queue > waiting.queue)
    from waiting where waiting.queue is not null
  ),
  settled as (
    select min(queue) as queue from public.queue_outcomes
    union all
    select (select min(queue) from public.queue_outcomes where queue > settled.queue)
    from settled where settled.queue is not null
  )
  select array(
    select target from public.routes where kind = 'queue'
    union select queue from waiting where queue is not null
    union select queue from settled where queue is not null
    order by 1);
$$;

comment on function private.known_queues() is
  'Returns the queues of the router, in use or not: those of its routes, and those with messages or outcomes.';

revoke execute on function
  private.queue_table(text), private.enqueue_messages(text[], public.signals[], jsonb[]), private.max_reads(),
  private.known_queues()
from public, anon, authenticated, service_role;
