create function private.new_auth_failures(pass private.monitor_pass)
returns setof public.auth_failures
language sql
volatile
set search_path = ''
set enable_seqscan = off -- whatever the statistics say: the rows of an hour are few, and an index finds them
set jit = off
set max_parallel_workers_per_gather = 0
as $$
  select * from public.auth_failures
  where bucket_start > private.earliest(new_auth_failures.pass)
    and private.is_new(recorded_in, new_auth_failures.pass);
$$;

comment on function private.new_auth_failures(private.monitor_pass) is
  'Returns the failures that were counted since the last run. No index on recorded_in: rows are counted on in place, '
  'and those of an hour are bounded.';

create function private.report_own_failures(failures public.auth_failures[])
returns void
language sql
volatile
set search_path = ''
as $$
  with own as (
    select * from unnest(failures) where count > told
  ),
  told as (
    update public.auth_failures set told = own.count from own where auth_failures.id = own.id
  )
  select private.open_incident('auth_failures', strategy_id, reason, details, times)
  from (
    select distinct on (strategy_id, reason) strategy_id, reason,
      (sum(count - told) over (partition by strategy_id, reason))::bigint as times,
      jsonb_strip_nulls(coalesce(sample, '{}') || jsonb_build_object(
        'reason', reason, 'endpoint', endpoint, 'remote_ip', abbrev(remote_ip), 'meaning', case reason
          when 'rotated_secret' then
            'Our own sender with the old URL: it still uses a secret that was rotated. Give it the new URL'
          when 'unlisted_method' then 'A sender with a valid credential uses a method that auth_methods does not list'
          when 'address_not_allowed' then 'A sender with a valid credential is not in allowed_ips'
          else 'From an address that was accepted lately: a sender of ours has a wrong URL or secret now' end)
      ) as details
    from own
    order by strategy_id, reason, bucket_start desc, id desc) as newest;
$$;

comment on function private.report_own_failures(public.auth_failures[]) is
  'auth_failures, from the first: every alert of a sender of ours that is refused is lost. One incident for a strategy '
  'and reason; the newest failure is the evidence.';

create function private.count_spells(strategy_id uuid, at timestamptz)
returns integer
language sql
stable
set search_path = ''
as $$
  with recursive spells as (
    select count_spells.at as spell
    union all
    select (
      select bucket_start from public.auth_failures
      where auth_failures.strategy_id = count_spells.strategy_id
        and bucket_start <= spell - interval '5 minutes' and bucket_start > count_spells.at - interval '1 day'
        and not is_own
      order by bucket_start desc limit 1)
    from spells where spell is not null
  )
  select count(spell)::integer from spells;
$$;

comment on function private.count_spells(uuid, timestamptz) is
  'Counts the spells of strangers'' failures in the 24 hours before a time: 5 minutes or more lie between two.';

create function private.report_strangers(failures public.auth_failures[])
returns void
language sql
volatile
set search_path = ''
as $$
  with newest as (
    select distinct on (strategy_id) strategy_id, bucket_start, reason, endpoint, remote_ip, sample,
      min(bucket_start) over (partition by strategy_id) as first_start
    from unnest(report_strangers.failures)
    order by strategy_id, bucket_start desc, id desc
  ),
  windows as (
    select auth_failures.strategy_id, bucket_start, jsonb_agg(distinct reason) as reasons,
      sum(sum(count)) over (
        partition by auth_failures.strategy_id order by bucket_start
        range between interval '4 minutes' preceding and current row)::bigint as failures
    from public.auth_failures
    where bucket_start >= (select min(first_start) from newest) - interval '4 minutes'
      and not is_own
    group by auth_failures.strategy_id, bucket_start
  ),
  bursts as (
    select distinct on (newest.strategy_id) newest.*, failures, reasons,
      failures >= private.threshold('auth_failures', strategies) as is_burst
    from newest
    join windows on windows.strategy_id is not distinct from newest.strategy_id
      and windows.bucket_start between newest.first_start and newest.bucket_start
    left join public.strategies on strategies.id = newest.strategy_id
    order by newest.strategy_id, failures desc
  )
  select private.open_incident('auth_failures', strategy_id, '', jsonb_strip_nulls(coalesce(sample, '{}')
    || jsonb_build_object(
      'reason', reason, 'endpoint', endpoint, 'remote_ip', abbrev(remote_ip),
      'failures', failures, 'reasons', reasons, 'spells_in_24_hours', spells,
      'meaning', case when is_burst then 'Someone is guessing, or a sender has a wrong URL'
        else 'A few failures again and again: a sender has a wrong URL, or someone is guessing' end)),
    coalesce(spells, failures), is_measure => true)
  from bursts,
    lateral (
      select case when not is_burst and strategy_id is not null then private.count_spells(strategy_id, bucket_start) end
    ) as trickle (spells)
  where is_burst or spells >= 5;
$$;

comment on function private.report_strangers(public.auth_failures[]) is
  'auth_failures of senders that are not known to be ours: too many in 5 minutes for a strategy, or for unknown '
  'strategies, or 5 spells in 24 hours for a strategy.';

create function private.watch_auth_failures(pass private.monitor_pass)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  news record;
begin
  -- As record_auth_failures: what is counted now is new to the next run.
  perform pg_advisory_xact_lock(hashtext('public.auth_failures'));
  select array_agg(failure) filter (where is_own) as own, array_agg(failure) filter (where not is_own) as strangers
  into news
  from private.new_auth_failures(pass) as failure;
  if news.own is not null then
    perform private.report_own_failures(news.own);
  end if;
  if news.strangers is not null then
    perform private.report_strangers(news.strangers);
  end if;
end;
$$;

comment on function private.watch_auth_failures(private.monitor_pass) is
  'auth_failures: requests whose authentication failed (401).';

revoke execute on function
  private.new_auth_failures(private.monitor_pass),
  private.report_own_failures(public.auth_failures[]), private.count_spells(uuid, timestamptz),
  private.report_strangers(public.auth_failures[]), private.watch_auth_failures(private.monitor_pass)
from public, anon, authenticated, service_role;
