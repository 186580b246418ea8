create table private.queue_workers (
  queue text primary key,
  first_claimed_at timestamptz not null default now(),
  last_claimed_at timestamptz not null default now()
);

comment on table private.queue_workers is
  'Queues from which a worker has claimed. What expires in another was waited for by nobody, and is no incident.';
comment on column private.queue_workers.last_claimed_at is 'The last claim, to the minute.';

select private.deny_clients('{private.queue_workers}');

create function private.record_claim(queue text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  if exists (
    select from private.queue_workers
    where queue_workers.queue = record_claim.queue and last_claimed_at > now() - interval '1 minute')
    -- Waits for no other claim: one of them records it.
    or not pg_try_advisory_xact_lock(hashtextextended('claims:' || record_claim.queue, 0))
  then
    return;
  end if;
  insert into private.queue_workers as known (queue) values (record_claim.queue)
  on conflict on constraint queue_workers_pkey do update set last_claimed_at = excluded.last_claimed_at
  where known.last_claimed_at < excluded.last_claimed_at - interval '1 minute';
end;
$$;

comment on function private.record_claim(text) is 'Records that a worker claims from a queue, once a minute.';

revoke execute on function private.record_claim(text) from public, anon, authenticated, service_role;
