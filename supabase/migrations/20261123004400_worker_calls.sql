-- The calls of workers over HTTP. Each checks the key itself: one that has ended is dead at once, in every isolate.

create function private.identify_worker(key_digest text, remote_ip inet)
returns public.workers
language plpgsql
volatile
set search_path = ''
as $$
declare
  worker public.workers;
begin
  select workers.* into worker
  from private.worker_keys
  join public.workers on workers.id = worker_id
  where digest = identify_worker.key_digest
    and (ends_at is null or ends_at > clock_timestamp())
    and (expires_at is null or expires_at > clock_timestamp())
    and (allowed_ips = '{}' or exists (
      select from unnest(allowed_ips) as network where identify_worker.remote_ip <<= network));
  if found and not exists (
    select from private.worker_presence as known
    where known.worker_id = worker.id and last_seen_at > clock_timestamp() - interval '10 seconds')
  then
    -- Waits for who deletes it at this moment.
    perform from public.workers where workers.id = worker.id for key share;
    if not found then
      return null;
    end if;
    insert into private.worker_presence as known (worker_id, last_seen_at) values (worker.id, clock_timestamp())
    on conflict on constraint worker_presence_pkey do update set last_seen_at = excluded.last_seen_at
    where known.last_seen_at < excluded.last_seen_at - interval '10 seconds';
  end if;
  return worker;
end;
$$;

comment on function private.identify_worker(text, inet) is
  'Returns the worker of a live key (its digest) that may come from this address, and records that it was seen; else '
  'null.';

create function public.find_worker_keys(key_digests text[])
returns text[]
language sql
stable
security definer -- reads keys
set search_path = ''
as $$
  select array(
    select digest from private.worker_keys
    where digest = any (key_digests) and (ends_at is null or ends_at > clock_timestamp()));
$$;

comment on function public.find_worker_keys(text[]) is 'Returns those of the digests that belong to live keys.';

create function private.show_claimed(
  queue text, message_id bigint, receipt integer, leased_until timestamptz, message jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object('queue', queue, 'message_id', message_id, 'receipt', receipt, 'leased_until', leased_until,
    'reads', receipt, 'message', message);
$$;

comment on function private.show_claimed(text, bigint, integer, timestamptz, jsonb) is
  'Returns a claimed signal as a worker gets it.';

create function public.worker_claim(
  key_digest text, remote_ip inet, quantity integer, lease_seconds integer, tests boolean, queue text default null,
  claim_id text default null)
returns jsonb
language plpgsql
volatile
security definer -- reads keys and queues
set search_path = ''
as $$
declare
  worker constant public.workers := private.identify_worker(key_digest, remote_ip);
  queues text[] := worker.queues;
  lease constant interval := make_interval(secs => lease_seconds);
  claimed jsonb := '[]';
  name text;
  urgent boolean;
begin
  if worker.id is null then
    return '{"refusal": "not_authorized"}';
  elsif not 'claim' = any (worker.can) or worker_claim.queue <> all (worker.queues) then
    return '{"refusal": "not_permitted"}';
  end if;
  if worker_claim.queue is not null then
    queues := array[worker_claim.queue];
  end if;
  queues := array(
    select named from unnest(queues) as named
    where to_regclass(format('pgmq.%I', 'q_' || named)) is not null
    order by random()); -- no queue is always the last
  if worker_claim.queue is not null and queues = '{}' then
    return '{"refusal": "not_permitted"}';
  end if;

  if worker_claim.claim_id is not null then
    select coalesce(jsonb_agg(private.show_claimed(before.queue, before.message_id, before.receipt, before.leased_until,
      before.message)), '[]')
    into claimed
    from private.claimed_before(worker.name, worker_claim.claim_id, queues) as before;
    if claimed <> '[]' then
      return jsonb_build_object('signals', claimed);
    end if;
  end if;
  -- Exits of all queues first; a single queue puts its own first.
  foreach urgent in array case when cardinality(queues) > 1 then '{true,false}' else '{false}'::boolean[] end loop
    foreach name in array queues loop
      exit when jsonb_array_length(claimed) >= quantity;
      claimed := claimed || (
        select coalesce(jsonb_agg(private.show_claimed(
          name, one.message_id, one.receipt, one.leased_until, one.message)), '[]')
        from private.claim_messages(name, worker.name, quantity - jsonb_array_length(claimed), lease,
          worker_claim.tests, worker_claim.claim_id, only_urgent => urgent) as one);
    end loop;
  end loop;
  return jsonb_build_object('signals', claimed);
end;
$$;

comment on function public.worker_claim(text, inet, integer, integer, boolean, text, text) is
  'Claims for the worker of a key, from one of its queues or all: {signals: [{queue, message_id, receipt, '
  'leased_until, reads, message}]}, or {refusal}. The same claim_id within the lease returns the same signals.';

create function public.count_claimable(waits jsonb)
returns jsonb
language sql
volatile
security definer -- reads keys and queues
set search_path = ''
as $$
  select coalesce(jsonb_agg(case
    when worker.id is null then -1
    else (
      select count(*) from (
        select from private.waiting_messages as waiting
        where queue = any (case when wait.queue is null then worker.queues else array[wait.queue] end)
          and is_candidate and visible_at <= now() and expires_at > now() and (role <> 'test' or wait.tests)
          and private.effective_status(strategy_id) in ('active', 'exits_only')
        limit 100) as claimable) end order by place), '[]')
  from rows from (jsonb_to_recordset(count_claimable.waits) as (
    key_digest text, remote_ip inet, queue text, tests boolean)) with ordinality
    as wait (key_digest, remote_ip, queue, tests, place)
  cross join lateral private.identify_worker(wait.key_digest, wait.remote_ip) as worker;
$$;

comment on function public.count_claimable(jsonb) is
  'Returns, for each of those who wait [{key_digest, remote_ip, queue?, tests}], how many signals a claim would find, '
  'up to 100; -1: its key has ended.';

revoke execute on function
  private.identify_worker(text, inet), private.show_claimed(text, bigint, integer, timestamptz, jsonb),
  public.find_worker_keys(text[]),
  public.worker_claim(text, inet, integer, integer, boolean, text, text), public.count_claimable(jsonb)
from public, anon, authenticated, service_role;
grant execute on function
  public.find_worker_keys(text[]),
  public.worker_claim(text, inet, integer, integer, boolean, text, text), public.count_claimable(jsonb)
to service_role;
