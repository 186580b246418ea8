create table private.retention (
  singleton boolean primary key default true constraint retention_has_one_row check (singleton),
  bodies_cleared_until timestamptz not null default '-infinity'
);

comment on table private.retention is
  'One row: the time up to which raw bodies are cleared, so that old partitions are not searched again.';

insert into private.retention default values;
select private.deny_clients('{private.retention}');

create function private.clear_raw_bodies(before timestamptz)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  rows_at_once constant integer := 10000;
  cleared_until timestamptz := (select bodies_cleared_until from private.retention);
  next_until timestamptz;
  found_rows bigint;
begin
  for batch in 1..10 loop
    with old as (
      select id, received_at from public.webhook_requests
      where received_at >= cleared_until and received_at < clear_raw_bodies.before
      order by received_at limit rows_at_once
    ),
    cleared as (
      update public.webhook_requests set raw_body = null
      from old
      where webhook_requests.id = old.id and webhook_requests.received_at = old.received_at and raw_body is not null
    )
    select max(received_at), count(*) into next_until, found_rows from old;
    exit when found_rows < rows_at_once;
    cleared_until := next_until;
  end loop;
  update private.retention set
    bodies_cleared_until = case
      when found_rows < rows_at_once then greatest(cleared_until, clear_raw_bodies.before) else cleared_until end
  where singleton;
end;
$$;

comment on function private.clear_raw_bodies(timestamptz) is
  'Clears the raw bodies of requests received before the given time, at most 100,000 in a run.';

create function private.delete_older(target regclass, time_column text, before timestamptz)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  rows_at_once constant integer := 10000;
  deleted integer;
begin
  for batch in 1..10 loop
    execute format('delete from %1$s where id in (select id from %1$s where %2$I < $1 limit %3$s)',
      delete_older.target, delete_older.time_column, rows_at_once)
    using delete_older.before;
    get diagnostics deleted = row_count;
    exit when deleted < rows_at_once;
  end loop;
end;
$$;

comment on function private.delete_older(regclass, text, timestamptz) is
  'Deletes a table''s rows by age in batches, at most 100,000 in a run, to stay within the time limit.';

create function private.delete_expired()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  settings public.router_settings := (select router_settings from public.router_settings);
  before constant timestamptz := now() - settings.audit_retention;
begin
  perform private.clear_raw_bodies(now() - settings.raw_body_retention);
  perform private.delete_older('public.signals', 'received_at', before);
  perform private.delete_older('public.queue_outcomes', 'settled_at', before);
  perform private.delete_older('public.auth_failures', 'bucket_start', before);
  perform private.delete_older('public.webhook_overflow', 'bucket_start', before);
  perform private.delete_older('public.notifications', 'created_at', before);
  perform private.delete_older('public.strategy_events', 'occurred_at', before);
  delete from public.incidents where status = 'resolved' and last_seen_at < before;
  delete from private.previous_tokens where ended_at < now() - interval '90 days';
end;
$$;

comment on function private.delete_expired() is
  'Deletes by age in batches: raw bodies after raw_body_retention, the rest after audit_retention. Run every ten '
  'minutes by cron.';

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
  private.clear_raw_bodies(timestamptz), private.delete_older(regclass, text, timestamptz), private.delete_expired(),
  private.drop_old_partition()
from public, anon, authenticated, service_role;
