-- Changes that operators make to a queue by hand, in Studio or with pgmq's functions: delete, purge, archive and send.

create function private.gone_messages(queue text, message_ids bigint[])
returns bigint[]
language plpgsql
stable
set search_path = ''
set enable_seqscan = off
as $$
declare
  gone bigint[];
begin
  execute format(
    'select coalesce(array_agg(behind.message_id), ''{}'')
     from (
       select distinct lane_key from private.waiting_messages as waiting
       where waiting.queue = $1 and message_id = any ($2)) as lanes,
     lateral (
       select message_id from private.waiting_messages as waiting
       where waiting.lane_key = lanes.lane_key
       order by message_id limit 1000) as behind
     where not exists (select from %s where msg_id = behind.message_id)', private.queue_table(gone_messages.queue))
  into gone using gone_messages.queue, gone_messages.message_ids;
  return gone;
end;
$$;

comment on function private.gone_messages(text, bigint[]) is
  'Returns the messages in the lanes of these that pgmq no longer has, at most 1000 of each lane.';

create function private.drop_purged(queue text)
returns integer
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off
as $$
declare
  oldest bigint;
  up_to bigint;
  locked bigint[];
  dropped integer := 0;
  lane record;
begin
  execute format('select min(msg_id) from %s', private.queue_table(drop_purged.queue)) into oldest;
  up_to := least(oldest, (
    select message_id from private.waiting_messages as waiting
    where waiting.queue = drop_purged.queue order by message_id offset 25000 limit 1));
  -- At most 1000, because the server's room for locks is small.
  locked := array(
    select lane_key from (
      select distinct lane_key from private.waiting_messages as waiting
      where waiting.queue = drop_purged.queue and (up_to is null or message_id < up_to)
      limit 1000) as lanes
    where pg_try_advisory_xact_lock(lane_key));
  for lane in
    with gone as (
      delete from private.waiting_messages as waiting
      where waiting.queue = drop_purged.queue and (up_to is null or message_id < up_to) and lane_key = any (locked)
      returning waiting.lane_key, strategy_id, symbol
    )
    select lane_key, strategy_id, symbol, count(*) as messages from gone group by 1, 2, 3
  loop
    dropped := dropped + lane.messages;
    perform private.promote_lane(lane.lane_key, lane.strategy_id, lane.symbol);
  end loop;
  return dropped;
end;
$$;

comment on function private.drop_purged(text) is
  'Drops messages that are older than the oldest that pgmq has, because the queue was purged: at most 25,000. Returns '
  'how many.';

create function private.resync_messages(queue text, message_ids bigint[])
returns void
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  gone constant bigint[] := private.gone_messages(resync_messages.queue, resync_messages.message_ids);
begin
  execute format(
    'update private.waiting_messages as waiting set visible_at = vt, reads = read_ct
     from %s as messages
     where waiting.queue = $1 and message_id = any ($2) and not is_leased and msg_id = message_id',
    private.queue_table(resync_messages.queue))
  using resync_messages.queue, resync_messages.message_ids;
  if gone <> '{}' then
    perform private.drop_messages(resync_messages.queue, gone);
    perform private.drop_purged(resync_messages.queue);
  end if;
end;
$$;

comment on function private.resync_messages(text, bigint[]) is
  'Compares messages that were to be handed out or settled with pgmq''s: takes over the time and reads of those that '
  'somebody read by hand, and drops those that are gone, with others that are gone too. The caller has their lanes'' '
  'locks.';

create function private.adopt_messages(queue text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  execute format(
    'insert into private.waiting_messages (
       queue, message_id, signal_id, strategy_id, symbol, role, is_urgent, expires_at, visible_at, reads)
     select $1, msg_id, signals.id, signals.strategy_id, coalesce(signals.symbol, ''''), kind.role,
       private.is_exit(kind.role), signals.expires_at, vt, read_ct
     from %s as messages
     join public.signals on signals.id =
       case when message ->> ''signal_id'' ~ $2 then (message ->> ''signal_id'')::uuid end,
     lateral (select private.lane_role(signals.action, signals.intent)) as kind (role)
     where not exists (
       select from private.waiting_messages as waiting where waiting.queue = $1 and message_id = msg_id)
     order by msg_id limit 1000
     on conflict do nothing', private.queue_table(adopt_messages.queue))
  using adopt_messages.queue, '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
end;
$$;

comment on function private.adopt_messages(text) is
  'Takes in messages that an operator sent to a queue by hand, at most 1000. Each must have a signal_id of ours, with '
  'which it expires.';

create function private.reconcile_queue(queue text)
returns integer
language plpgsql
volatile
set search_path = ''
as $$
declare
  target constant regclass := private.queue_table(reconcile_queue.queue);
  purged constant integer := private.drop_purged(reconcile_queue.queue);
  different bigint[];
begin
  -- Gone, or made visible sooner by hand. What was made visible later is found when it is claimed.
  execute format(
    'select array(
       select message_id from private.waiting_messages as waiting
       left join %s on msg_id = message_id
       where waiting.queue = $1 and (msg_id is null or vt < visible_at)
       order by message_id limit 2000)', target)
  into different using reconcile_queue.queue;
  if different <> '{}' then
    different := private.lock_lanes(reconcile_queue.queue, different);
    -- Compared once more: one may have been leased before its lane was ours.
    execute format(
      'update private.waiting_messages as waiting set visible_at = vt, reads = read_ct
       from %s as messages
       where waiting.queue = $1 and message_id = any ($2) and msg_id = message_id and vt < visible_at', target)
    using reconcile_queue.queue, different;
    execute format(
      'select private.drop_messages($1, array(
         select message_id from unnest($2) as message_id
         where not exists (select from %s where msg_id = message_id)))', target)
    using reconcile_queue.queue, different;
  end if;
  perform private.adopt_messages(reconcile_queue.queue);
  return purged + cardinality(different);
end;
$$;

comment on function private.reconcile_queue(text) is
  'Takes over what operators have changed in a queue by hand: deleted and sent messages, and those that they made '
  'visible sooner. Returns how many of ours were different: if any, there may be more.';

revoke execute on function
  private.gone_messages(text, bigint[]), private.drop_purged(text), private.resync_messages(text, bigint[]),
  private.adopt_messages(text), private.reconcile_queue(text)
from public, anon, authenticated, service_role;
