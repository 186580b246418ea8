create table private.retention (
  singleton boolean primary key default true constraint retention_has_one_row check (singleton),
  bodies_cleared_until timestamptz not null default '-infinity',
  failures_merged_until timestamptz not null default '-infinity'
);

comment on table private.retention is
  'One row: the times up to which raw bodies are cleared, and minutes of auth_failures merged to hours, so that what '
  'is done is not searched again.';

insert into private.retention default values;
select private.deny_clients('{private.retention}');

create function private.clear_raw_bodies(before timestamptz, at_most integer)
returns integer
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off -- whatever the statistics say: an index finds the oldest
set jit = off
set max_parallel_workers_per_gather = 0
as $$
declare
  cleared_until timestamptz := (select bodies_cleared_until from private.retention);
  last_cleared timestamptz;
  cleared integer;
begin
  with old as (
    select id, received_at from public.webhook_requests
    where received_at >= cleared_until and received_at < clear_raw_bodies.before and raw_body is not null
    order by received_at
    limit clear_raw_bodies.at_most
  ),
  emptied as (
    update public.webhook_requests set raw_body = null
    from old
    where webhook_requests.id = old.id and webhook_requests.received_at = old.received_at
    returning webhook_requests.received_at
  )
  select max(received_at), count(*) into last_cleared, cleared from emptied;
  update private.retention set
    bodies_cleared_until = case
      when cleared = clear_raw_bodies.at_most then last_cleared
      else greatest(cleared_until, clear_raw_bodies.before) end
  where singleton;
  return cleared;
end;
$$;

comment on function private.clear_raw_bodies(timestamptz, integer) is
  'Clears the raw bodies of requests received before the given time, and returns how many.';

create function private.delete_older(target regclass, time_column text, before timestamptz, at_most integer)
returns integer
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off -- see clear_raw_bodies
set jit = off
set max_parallel_workers_per_gather = 0
as $$
declare
  deleted integer;
begin
  execute format(
    'delete from %1$s where ctid = any (array(
       select ctid from %1$s where %2$I < $1 order by %2$I limit $2 for update skip locked))',
    delete_older.target, delete_older.time_column)
  using delete_older.before, delete_older.at_most;
  get diagnostics deleted = row_count;
  return deleted;
end;
$$;

comment on function private.delete_older(regclass, text, timestamptz, integer) is
  'Deletes a table''s oldest rows by age, and returns how many.';

create function private.delete_expired(at_most integer default 1000)
returns boolean
language plpgsql
volatile
set search_path = ''
as $$
declare
  settings constant public.router_settings := (select router_settings from public.router_settings);
  before constant timestamptz := now() - settings.audit_retention;
  target record;
begin
  if private.clear_raw_bodies(now() - settings.raw_body_retention, at_most) >= at_most then
    return true;
  end if;
  if private.merge_auth_failures(now() - interval '25 hours') then
    return true;
  end if;
  for target in
    select * from (values
      ('private.dedupe_keys', 'expires_at', now() - interval '1 minute'), -- alerts under way count from their arrival
      ('private.previous_tokens', 'ended_at', now() - interval '90 days'),
      ('private.auth_failure_flushes', 'recorded_at', now() - interval '1 day'),
      -- Rows that lie in no month, see make_partition.
      ('private.webhook_requests_default', 'received_at', before),
      ('private.dispatch_attempts_default', 'started_at', before),
      ('public.signals', 'received_at', before),
      ('public.queue_outcomes', 'settled_at', before),
      ('public.auth_failures', 'bucket_start', greatest(before, now() - interval '30 days')),
      ('public.webhook_overflow', 'bucket_start', before),
      ('private.replays', 'created_at', before),
      ('public.notifications', 'created_at', before),
      ('public.strategy_events', 'occurred_at', before)) as old (table_name, time_column, before)
  loop
    if private.delete_older(target.table_name, target.time_column, target.before, at_most) >= at_most then
      return true;
    end if;
  end loop;
  delete from public.incidents
  where id in (
    select id from public.incidents where status = 'resolved' and last_seen_at < before for update skip locked);
  return false;
end;
$$;

comment on function private.delete_expired(integer) is
  'One step of deleting by age: raw bodies after raw_body_retention, failures of authentication after 30 days at most, '
  'the rest after audit_retention; at most so many rows of a table. Returns whether more is left. Cron takes steps, '
  'each in a transaction of its own, every ten minutes until nothing is left or 45 seconds are over.';

create function private.drop_old_partition()
returns void
language plpgsql
volatile
set search_path = ''
set lock_timeout = '200ms' -- alerts queue behind this lock if it waits for a dump, and give up after 500 ms
as $$
declare
  audit_retention constant interval := (select audit_retention from public.router_settings);
  partition regclass;
begin
  select inhrelid::regclass into partition from pg_catalog.pg_inherits
  where inhparent in ('public.webhook_requests'::regclass, 'public.dispatch_attempts'::regclass)
    and inhrelid::regclass::text ~ '_\d{4}_\d{2}$'
    and to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM') + interval '1 month' < now() - audit_retention
  order by inhrelid::regclass::text
  limit 1;
  if partition is not null then
    execute format('drop table %s', partition);
  end if;
exception when lock_not_available then
  raise notice 'Table % is in use: it is dropped at the next run', partition;
end;
$$;

comment on function private.drop_old_partition() is
  'Drops one month that is entirely too old, in a transaction of its own, so that the lock is short. Run hourly by '
  'cron.';

revoke execute on function
  private.clear_raw_bodies(timestamptz, integer), private.delete_older(regclass, text, timestamptz, integer),
  private.delete_expired(integer),
  private.drop_old_partition()
from public, anon, authenticated, service_role;
