create function private.merge_auth_failures(before timestamptz)
returns boolean
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off -- see clear_raw_bodies
set jit = off
set max_parallel_workers_per_gather = 0
as $$
declare
  hour timestamptz;
begin
  select date_trunc('hour', min(bucket_start)) into hour
  from public.auth_failures
  where bucket_start >= (select failures_merged_until from private.retention)
    and bucket_start < date_trunc('hour', merge_auth_failures.before);
  if hour is null then
    return false;
  end if;

  with minutes as (
    delete from public.auth_failures where bucket_start >= hour and bucket_start < hour + interval '1 hour'
    returning *
  ),
  senders as (
    select strategy_id, endpoint, reason, is_own, remote_ip, sum(count) as count, sum(told) as told,
      max(recorded_in) as recorded_in, min(sample::text)::jsonb as sample,
      row_number() over (partition by is_own, remote_ip is null order by sum(count) desc) as place
    from minutes
    group by strategy_id, endpoint, reason, is_own, remote_ip
  )
  insert into public.auth_failures
    (bucket_start, strategy_id, endpoint, reason, is_own, remote_ip, count, told, recorded_in, sample)
  select hour, strategy_id, endpoint, reason, is_own, address, sum(count), sum(told), max(recorded_in),
    min(evidence::text)::jsonb
  from senders,
    lateral (select case when place <= 50 then remote_ip end) as kept (address),
    lateral (select case when remote_ip is not distinct from address then sample end) as shown (evidence)
  group by strategy_id, endpoint, reason, is_own, address;
  update private.retention set failures_merged_until = hour + interval '1 hour' where singleton;
  return true;
end;
$$;

comment on function private.merge_auth_failures(timestamptz) is
  'Merges the minutes of the oldest hour of auth_failures before the given time, and returns whether there was one. '
  'An hour keeps the 50 addresses with most failures of strangers, and of our own senders. The monitor looks back 24 '
  'hours from what may be an hour old.';

revoke execute on function private.merge_auth_failures(timestamptz) from public, anon, authenticated, service_role;
