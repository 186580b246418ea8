create function private.watch_workers()
returns void
language sql
volatile
set search_path = ''
set enable_seqscan = off
as $$
  select private.open_incident('worker_silent', strategy_id, 'queue:' || queue,
    private.newest_evidence(array[longest]) || jsonb_build_object(
    'queue', queue, 'waiting', waiting, 'oldest', oldest, 'last_claimed_at', last_claimed_at,
    'meaning', 'Signals wait, and the worker has stopped claiming', 'workers', (
      select coalesce(jsonb_agg(
        jsonb_build_object('name', name, 'last_seen_at', last_seen_at, 'version', version)), '[]')
      from public.workers
      left join private.worker_presence on worker_id = workers.id
      where silent.queue = any (queues) and 'claim' = any (can))),
    waiting, is_measure => true)
  from private.queue_workers as silent
  cross join lateral (
    select strategy_id, count(*) as waiting, min(visible_at) as oldest,
      (array_agg(signal_id order by visible_at))[1] as longest
    from private.waiting_messages as waiting
    where waiting.queue = silent.queue and is_candidate and visible_at <= now() and expires_at > now()
      and role <> 'test' and private.effective_status(strategy_id) in ('active', 'exits_only')
    group by strategy_id) as candidates
  where last_claimed_at < now() - interval '3 minutes' and oldest < now() - interval '1 minute';
$$;

comment on function private.watch_workers() is
  'worker_silent: signals wait in a queue whose worker has stopped claiming.';

revoke execute on function private.watch_workers() from public, anon, authenticated, service_role;
