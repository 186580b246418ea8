create table public.auth_failures (
  id bigint generated always as identity primary key,
  bucket_start timestamptz not null,
  strategy_id uuid,
  endpoint text not null
    constraint auth_failures_endpoint_is_known check (endpoint in ('universal', 'dedicated', 'worker')),
  reason text not null
    constraint auth_failures_reason_is_known check (reason in (
      'no_credential', 'malformed_credential', 'wrong_credential', 'rotated_secret', 'unlisted_method',
      'address_not_allowed', 'token_reused', 'unknown_strategy', 'archived_strategy')),
  remote_ip inet,
  count bigint not null
    constraint auth_failures_count_positive check (count > 0),
  sample jsonb,
  told bigint not null default 0,
  recorded_in xid8 not null default pg_current_xact_id(),
  constraint auth_failures_one_row_per_bucket
    unique nulls not distinct (bucket_start, strategy_id, endpoint, reason, remote_ip)
);

comment on table public.auth_failures is
  'Requests that failed authentication, counted by the minute, so that a flood cannot fill the database. Functions '
  'report every 2 seconds or 500 failures; a function that is killed loses no more than that.';
comment on column public.auth_failures.bucket_start is 'The minute in which they were reported.';
comment on column public.auth_failures.strategy_id is 'The strategy they were sent to; empty: an unknown one.';
comment on column public.auth_failures.reason is 'The reason for the failure, which is never revealed to the sender.';
comment on column public.auth_failures.remote_ip is
  'The sender''s address; empty: unknown, or beyond the first 50 addresses of the bucket.';
comment on column public.auth_failures.sample is
  'One of them: its correlation id, by which trace_alert finds it, its arrival, the requested name and the user agent.';
comment on column public.auth_failures.told is
  'How many of them the monitor has counted in an incident of a known sender.';
comment on column public.auth_failures.recorded_in is
  'The transaction that counted last: the monitor sees each count, however late it commits.';

create index auth_failures_recorded_in on public.auth_failures (recorded_in);
create index auth_failures_strategy_id on public.auth_failures (strategy_id, bucket_start);
create index auth_failures_correlation_id on public.auth_failures ((sample ->> 'correlation_id'));

create table private.auth_failure_flushes (
  isolate_id uuid primary key,
  last_flush bigint not null,
  recorded_at timestamptz not null default clock_timestamp()
);

comment on table private.auth_failure_flushes is
  'The last report of each isolate that was counted: an isolate sends its next only when one was answered, and sends '
  'it again under its number otherwise. Kept for a day.';

create index auth_failure_flushes_recorded_at on private.auth_failure_flushes (recorded_at);

select private.deny_clients('{public.auth_failures,private.auth_failure_flushes}');

create function private.is_new_flush(isolate_id uuid, flush bigint)
returns boolean
language plpgsql
volatile
set search_path = ''
as $$
begin
  insert into private.auth_failure_flushes as known (isolate_id, last_flush)
  values (is_new_flush.isolate_id, is_new_flush.flush)
  on conflict on constraint auth_failure_flushes_pkey
  do update set last_flush = excluded.last_flush, recorded_at = excluded.recorded_at
  where known.last_flush < excluded.last_flush;
  return found;
end;
$$;

comment on function private.is_new_flush(uuid, bigint) is
  'Whether an isolate''s report was not counted yet, and remembers that it is now.';

create function public.record_auth_failures(
  failures jsonb, isolate_id uuid default null, flush bigint default null)
returns void
language plpgsql
volatile
security definer -- only this function may write the counts
set search_path = ''
as $$
declare
  this_minute timestamptz := date_trunc('minute', clock_timestamp());
begin
  -- One call at a time, because the addresses of a bucket are counted below.
  perform pg_advisory_xact_lock(hashtext('public.auth_failures'));
  if isolate_id is not null and not private.is_new_flush(isolate_id, flush) then
    return;
  end if;

  insert into public.auth_failures as bucket (bucket_start, strategy_id, endpoint, reason, remote_ip, count, sample)
  with reported as (
    select strategy_id, endpoint, reason, remote_ip, sum(count) as count, min(sample::text)::jsonb as sample
    from jsonb_to_recordset(record_auth_failures.failures)
      as failure (strategy_id uuid, endpoint text, reason text, remote_ip inet, count bigint, sample jsonb)
    group by strategy_id, endpoint, reason, remote_ip
  ),
  ranked as (
    select reported.*,
      known.remote_ip is not null as is_known,
      row_number() over (
        partition by reported.strategy_id, reported.endpoint, reported.reason, known.remote_ip is not null
        order by reported.remote_ip nulls last) as place,
      (select count(*) from public.auth_failures as taken
       where taken.bucket_start = this_minute
         and taken.strategy_id is not distinct from reported.strategy_id
         and taken.endpoint = reported.endpoint and taken.reason = reported.reason
         and taken.remote_ip is not null) as addresses
    from reported
    left join public.auth_failures as known
      on known.bucket_start = this_minute
      and known.strategy_id is not distinct from reported.strategy_id
      and known.endpoint = reported.endpoint and known.reason = reported.reason
      and known.remote_ip = reported.remote_ip
  )
  select this_minute, strategy_id, endpoint, reason, address, sum(count), min(sample::text)::jsonb
  from ranked,
    lateral (select case when is_known or addresses + place <= 50 then remote_ip end) as kept (address)
  group by strategy_id, endpoint, reason, address
  on conflict on constraint auth_failures_one_row_per_bucket
  do update set count = bucket.count + excluded.count, recorded_in = excluded.recorded_in;
end;
$$;

comment on function public.record_auth_failures(jsonb, uuid, bigint) is
  'Adds to the counts of this minute: [{strategy_id?, endpoint, reason, remote_ip?, count, sample?}]. An isolate '
  'numbers its flushes upwards from 1: what is sent twice is counted once.';

grant select on public.auth_failures to service_role;

revoke execute on function
  private.is_new_flush(uuid, bigint), public.record_auth_failures(jsonb, uuid, bigint)
from public, anon, authenticated, service_role;
grant execute on function public.record_auth_failures(jsonb, uuid, bigint) to service_role;
