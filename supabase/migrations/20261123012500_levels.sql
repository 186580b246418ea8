-- Levels: what rises and falls, read when it is asked for.

create function private.oldest_message(queue text)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
declare
  oldest timestamptz;
begin
  if private.queue_exists(oldest_message.queue) then
    execute format('select enqueued_at from pgmq.%I order by msg_id limit 1', 'q_' || oldest_message.queue) into oldest;
  end if;
  return oldest;
end;
$$;

comment on function private.oldest_message(text) is
  'Returns when the oldest message of a queue was sent; null: it is empty, or there is no such queue.';

create function private.queue_levels()
returns table (metric text, labels jsonb, value double precision)
language sql
stable
set search_path = ''
as $$
  with queues as materialized (
    select distinct name, substr(name, 7) as queue from private.metric_names()
    where kind = 'route' and name like 'queue:%'
  ),
  -- Read once: there may be many.
  waiting as materialized (
    select queue, case when is_leased then 'leased' else 'waiting' end as state, count(*) as count
    from private.waiting_messages group by 1, 2
  )
  select 'webhook_queue_messages', jsonb_build_object('queue', queue, 'state', state), coalesce(count, 0)
  from queues
  cross join unnest('{waiting,leased}'::text[]) as states (state)
  left join waiting using (queue, state)
  union all
  select 'webhook_queue_oldest_message_age_seconds', jsonb_build_object('queue', queue),
    coalesce(extract(epoch from clock_timestamp() - private.oldest_message(queue)), 0)
  from queues
  union all
  select 'webhook_queue_last_claim_timestamp_seconds', jsonb_build_object('queue', queue),
    extract(epoch from last_claimed_at)
  from queues join private.queue_workers using (queue);
$$;

comment on function private.queue_levels() is
  'Returns how much waits in each queue that metrics name, and who asks for it.';

create function private.dispatch_levels()
returns table (metric text, labels jsonb, value double precision)
language sql
stable
set search_path = ''
as $$
  with names as materialized (
    select id, name from private.metric_names() where kind = 'route' and name not like 'queue:%'
  ),
  pending as (
    select route_id, count(*) as count from public.dispatches where status = 'pending' group by route_id
  )
  select 'webhook_dispatches_pending', jsonb_build_object('route', coalesce(name, 'other')), coalesce(sum(count), 0)
  from pending full join names on id = route_id
  group by coalesce(name, 'other')
  union all
  select 'webhook_dispatch_oldest_due_age_seconds', '{}',
    coalesce(extract(epoch from now() - min(oldest)), 0) from private.overdue_dispatches();
$$;

comment on function private.dispatch_levels() is 'Returns how much waits for functions and URLs.';

create function private.read_levels()
returns table (metric text, labels jsonb, value double precision)
language sql
stable
set search_path = ''
as $$
  select * from private.queue_levels()
  union all
  select * from private.dispatch_levels()
  union all
  select 'webhook_signals_held', jsonb_build_object('strategy', coalesce(name, 'other')), sum(count)
  from (select strategy_id, count(*) as count from public.signals where status = 'held' group by strategy_id) as held
  left join private.metric_names() as names on kind = 'strategy' and id = strategy_id
  group by coalesce(name, 'other')
  union all
  select 'webhook_worker_last_seen_timestamp_seconds', jsonb_build_object('worker', name),
    extract(epoch from last_seen_at)
  from (select id, name from public.workers order by created_at, id limit 100) as named
  join private.worker_presence on worker_id = id
  union all
  select 'webhook_incidents', jsonb_build_object('kind', kind, 'status', status), count(*)
  from public.incidents where status <> 'resolved' group by kind, status
  union all
  select 'webhook_watch_last_run_timestamp_seconds', jsonb_build_object('watch', name), extract(epoch from finished_at)
  from private.watches
  union all
  select 'webhook_counted_until_timestamp_seconds', '{}', extract(epoch from counted_until) from private.counting
  union all
  select 'webhook_database_size_bytes', '{}', pg_database_size(current_database())
  union all
  select 'webhook_router_info', jsonb_build_object('phase', phase, 'mode', mode), 1 from public.router_settings;
$$;

comment on function private.read_levels() is 'Returns the present levels, for read_metrics.';

revoke execute on function
  private.oldest_message(text), private.queue_levels(), private.dispatch_levels(), private.read_levels()
from public, anon, authenticated, service_role;
