-- How workers get signals: a claim leases what is next of each strategy and symbol.

create function private.lease_messages(
  queue text, message_ids bigint[], worker text, lease interval, claim_id text)
returns table (message_id bigint, receipt integer, leased_until timestamptz, message jsonb)
language plpgsql
volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  target constant regclass := private.queue_table(queue);
begin
  -- One by one: a statement that does both writes for all takes longer to plan than to run.
  foreach message_id in array message_ids loop
    execute format(
      'update %s as messages set vt = clock_timestamp() + $2, read_ct = read_ct + 1
       where msg_id = $1 and vt <= clock_timestamp()
       returning read_ct, vt, messages.message', target)
    into receipt, leased_until, message using message_id, lease;
    continue when receipt is null;
    update private.waiting_messages as waiting
    set is_leased = true, visible_at = leased_until, reads = receipt, worker = lease_messages.worker,
      claim_id = lease_messages.claim_id, leased_at = clock_timestamp()
    where waiting.queue = lease_messages.queue and waiting.message_id = lease_messages.message_id;
    return next;
  end loop;
end;
$$;

comment on function private.lease_messages(text, bigint[], text, interval, text) is
  'Leases messages to a worker: those that pgmq still has, and that nobody reads by hand. The caller has their lanes'' '
  'locks.';

create function private.claimed_before(worker text, claim_id text, queues text[])
returns table (queue text, message_id bigint, receipt integer, leased_until timestamptz, message jsonb)
language plpgsql
stable
set search_path = ''
as $$
declare
  waiting private.waiting_messages;
begin
  for waiting in
    select * from private.waiting_messages as leased
    where leased.claim_id = claimed_before.claim_id and leased.worker = claimed_before.worker and is_leased
      and visible_at > clock_timestamp() and leased.queue = any (claimed_before.queues)
    order by leased.message_id
  loop
    queue := waiting.queue;
    message_id := waiting.message_id;
    receipt := waiting.reads;
    leased_until := waiting.visible_at;
    execute format('select message from %s where msg_id = $1', private.queue_table(queue))
    into message using message_id;
    return next;
  end loop;
end;
$$;

comment on function private.claimed_before(text, text, text[]) is
  'Returns what a worker still has of a claim: the answer to it may have been lost.';

create function private.claim_messages(
  queue text, worker text, quantity integer, lease interval, tests boolean, claim_id text, only_urgent boolean)
returns table (message_id bigint, receipt integer, leased_until timestamptz, message jsonb)
language plpgsql
volatile
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
    picked := private.pick_messages(queue, quantity - claimed, tests, only_urgent);
    leased := 0;
    if picked <> '{}' then
      return query select * from private.lease_messages(queue, picked, worker, lease, claim_id);
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

comment on function private.claim_messages(text, text, integer, interval, boolean, text, boolean) is
  'Leases messages of a queue, see claim_signals; only_urgent: exits, and what must go before them.';

create function public.claim_signals(
  queue text, worker text, quantity integer default 1, lease interval default '30 seconds',
  tests boolean default false)
returns table (message_id bigint, receipt integer, message jsonb)
language plpgsql
volatile
security definer -- pgmq belongs to postgres
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  select message_id, receipt, message
  from private.claim_messages(claim_signals.queue, claim_signals.worker, claim_signals.quantity, claim_signals.lease,
    claim_signals.tests, claim_id => null, only_urgent => false);
end;
$$;

comment on function public.claim_signals(text, text, integer, interval, boolean) is
  'Leases signals of a queue to a worker, at most 100: [{message_id, receipt, message}]. Of a strategy and symbol '
  'only the oldest is handed out; exits come first; paused strategies get none; test signals only with tests => true. '
  'Complete, fail or reject each with its receipt before the lease ends, or extend it.';

revoke execute on function
  private.lease_messages(text, bigint[], text, interval, text), private.claimed_before(text, text, text[]),
  private.claim_messages(text, text, integer, interval, boolean, text, boolean),
  public.claim_signals(text, text, integer, interval, boolean)
from public, anon, authenticated, service_role;
grant execute on function public.claim_signals(text, text, integer, interval, boolean) to service_role;
