create function private.make_partition(parent text, time_column text, month date)
returns void
language plpgsql
volatile
set search_path = ''
set timezone = 'UTC'
as $$
declare
  starts_on timestamptz := date_trunc('month', make_partition.month);
  ends_on timestamptz := starts_on + interval '1 month';
  partition text := parent || '_' || to_char(starts_on, 'YYYY_MM');
  max_moved constant integer := 10000;
  is_too_long boolean;
begin
  if to_regclass('private.' || partition) is not null then
    return;
  end if;
  -- If maintenance did not run for months: moving so many would keep alerts waiting. They stay until they are deleted.
  execute format('select count(*) > %5$s from (
      select from private.%1$I where %2$I >= %3$L and %2$I < %4$L limit %5$s + 1) as moving',
    parent || '_default', time_column, starts_on, ends_on, max_moved)
  into is_too_long;
  if is_too_long then
    raise notice 'More than % rows of % stay in the default partition of %', max_moved, starts_on::date, parent;
    return;
  end if;

  -- Keeps others from writing into the default partition while it is emptied.
  execute format('lock table private.%I in access exclusive mode', parent || '_default');
  execute format(
    'create table private.%I (like public.%I including defaults including constraints)', partition, parent);
  execute format('comment on table private.%I is %L', partition,
    format('Rows of %s of %s.', parent, to_char(starts_on, 'YYYY-MM')));
  perform private.deny_clients(array[format('private.%I', partition)::regclass]);
  -- Rows of this month that are in the default partition move in the same transaction.
  execute format(
    'with moved as (delete from private.%1$I where %2$I >= %3$L and %2$I < %4$L returning *)
     insert into private.%5$I select * from moved',
    parent || '_default', time_column, starts_on, ends_on, partition);
  execute format(
    'alter table public.%I attach partition private.%I for values from (%L) to (%L)',
    parent, partition, starts_on, ends_on);
end;
$$;

comment on function private.make_partition(text, text, date) is
  'Makes the partition of one month for a table in public and moves that month''s rows out of the default partition. '
  'Does nothing if the partition exists, or if there are too many rows to move.';

create function private.maintain_partitions(parent text, time_column text)
returns void
language plpgsql
volatile
set search_path = ''
set timezone = 'UTC'
set lock_timeout = '200ms' -- alerts queue behind this lock if it waits for a dump, and give up after 500 ms
as $$
declare
  month date;
begin
  -- Every month with rows in the default partition, the current month, and the next two.
  for month in execute format(
    'select distinct date_trunc(''month'', %I)::date from private.%I
     union
     select (date_trunc(''month'', now()) + make_interval(months => ahead))::date from generate_series(0, 2) as ahead',
    time_column, parent || '_default')
  loop
    perform private.make_partition(parent, time_column, month);
  end loop;
exception when lock_not_available then
  raise notice 'Table % is in use: its months are made at the next run', parent;
end;
$$;

comment on function private.maintain_partitions(text, text) is
  'Keeps the monthly partitions of a table two months ahead; run hourly by cron.';

revoke execute on function
  private.make_partition(text, text, date), private.maintain_partitions(text, text)
from public, anon, authenticated, service_role;
