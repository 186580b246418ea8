-- A minute has at most 50 rows with an address of a stranger and 50 with one of our own senders, and 100 without
-- address. Each strategy has one more without address: the first failure of a minute is never lost in a flood on
-- others. What is beyond that is counted under no strategy, so that the counts stay true.

create function private.reported_failures(failures jsonb)
returns table (
  strategy_id uuid, endpoint text, reason text, is_own boolean, remote_ip inet, count numeric, sample jsonb)
language sql
stable
set search_path = ''
as $$
  with reported as (
    select strategy_id, endpoint, reason, sender as remote_ip, sum(count) as count,
      min(sample::text)::jsonb as sample
    from jsonb_to_recordset(reported_failures.failures)
      as failure (strategy_id uuid, endpoint text, reason text, remote_ip inet, count bigint, sample jsonb),
      -- One subscriber has all addresses of an IPv6 /64.
      lateral (select case family(remote_ip) when 6 then network(set_masklen(remote_ip, 64)) else remote_ip end
      ) as network (sender)
    group by strategy_id, endpoint, reason, sender
  ),
  known as materialized (
    select strategy_id, private.known_addresses(strategy_id) as addresses
    from (
      select distinct strategy_id from reported
      where strategy_id is not null and reason in ('no_credential', 'malformed_credential', 'wrong_credential')
    ) as affected
  )
  select strategy_id, endpoint, reason,
    reason in ('rotated_secret', 'unlisted_method', 'address_not_allowed')
      or reason in ('no_credential', 'malformed_credential', 'wrong_credential')
        and coalesce(remote_ip = any (addresses), false),
    remote_ip, count, sample
  from reported
  left join known using (strategy_id);
$$;

comment on function private.reported_failures(jsonb) is
  'Returns a report by sender, and which senders are ours.';

create function private.count_auth_failures(failures jsonb, minute timestamptz)
returns void
language sql
volatile
set search_path = ''
set enable_seqscan = off -- whatever the statistics say: the rows of a minute are few, and an index finds them
set jit = off
set max_parallel_workers_per_gather = 0
as $$
  insert into public.auth_failures as bucket
    (bucket_start, strategy_id, endpoint, reason, is_own, remote_ip, count, sample)
  with taken as materialized (
    select strategy_id, endpoint, reason, is_own, remote_ip from public.auth_failures
    where bucket_start = count_auth_failures.minute
  ),
  senders as (
    select reported.*, taken.reason is not null as is_known,
      (select count(remote_ip) from taken as others where others.is_own = reported.is_own) + row_number() over (
        partition by reported.is_own, reported.remote_ip is null, taken.reason is not null
        order by reported.count desc) as place
    from private.reported_failures(count_auth_failures.failures) as reported
    left join taken on taken.strategy_id is not distinct from reported.strategy_id
      and taken.endpoint = reported.endpoint and taken.reason = reported.reason and taken.is_own = reported.is_own
      and taken.remote_ip = reported.remote_ip
  ),
  addresses as (
    select strategy_id, endpoint, reason, is_own, address, sum(count) as count, min(evidence::text)::jsonb as sample
    from senders,
      lateral (select case when is_known or place <= 50 then remote_ip end) as kept (address),
      lateral (select case when remote_ip is not distinct from address then sample end) as shown (evidence)
    group by strategy_id, endpoint, reason, is_own, address
  ),
  -- What strategies have without address.
  known as (
    select strategy_id, is_own, array_agg(endpoint || ' ' || reason) as kinds
    from taken where remote_ip is null and strategy_id is not null
    group by strategy_id, is_own
  ),
  kinds as (
    select addresses.*, address is not null or endpoint || ' ' || reason = any (kinds) or kinds is null and 1 =
      row_number() over (partition by strategy_id, is_own, address is null order by count desc) as is_kept
    from addresses
    left join known using (strategy_id, is_own)
  ),
  places as (
    select kinds.*, (select count(*) from taken where remote_ip is null and strategy_id is not null)
      + row_number() over (partition by is_kept order by count desc) as place
    from kinds
  )
  select count_auth_failures.minute, named, endpoint, reason, is_own, address, sum(count), min(sample::text)::jsonb
  from places,
    lateral (select case when is_kept or place <= 100 then strategy_id end) as kept (named)
  group by named, endpoint, reason, is_own, address
  on conflict on constraint auth_failures_one_row_per_bucket
  do update set count = bucket.count + excluded.count, recorded_in = excluded.recorded_in;
$$;

comment on function private.count_auth_failures(jsonb, timestamptz) is
  'Adds to the counts of a minute.';

create function public.record_auth_failures(
  failures jsonb, isolate_id uuid default null, flush bigint default null)
returns void
language plpgsql
volatile
security definer -- only this function may write the counts
set search_path = ''
as $$
begin
  -- One call at a time, because the rows of a minute are counted.
  perform pg_advisory_xact_lock(hashtext('public.auth_failures'));
  if isolate_id is not null and not private.is_new_flush(isolate_id, flush) then
    return;
  end if;
  perform private.count_auth_failures(
    record_auth_failures.failures, date_trunc('minute', clock_timestamp()));
end;
$$;

comment on function public.record_auth_failures(jsonb, uuid, bigint) is
  'Adds to the counts of this minute: [{strategy_id?, endpoint, reason, remote_ip?, count, sample?}]. An isolate '
  'numbers its flushes upwards from 1: what is sent twice is counted once.';

revoke execute on function
  private.reported_failures(jsonb), private.count_auth_failures(jsonb, timestamptz),
  public.record_auth_failures(jsonb, uuid, bigint)
from public, anon, authenticated, service_role;
grant execute on function public.record_auth_failures(jsonb, uuid, bigint) to service_role;
