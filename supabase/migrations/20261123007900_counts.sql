-- Counts of the last day in buckets of ten minutes, so that reading the metrics does not count a day's rows. A job
-- counts them afterwards: ingest has no work with it.

create table private.counts (
  bucket_start timestamptz not null,
  source text not null
    constraint counts_source_is_known check (source in ('requests', 'signals', 'dispatches')),
  labels jsonb not null,
  count bigint not null,
  sum_ms numeric not null,
  below bigint[] not null,
  primary key (bucket_start, source, labels)
);

comment on table private.counts is 'Rows of the last day by bucket, table and labels.';
comment on column private.counts.sum_ms is
  'Sum of their durations: of requests from arrival to recorded, of dispatches from stored to delivered.';
comment on column private.counts.below is 'Number of durations up to each bound, see duration_bounds.';

create table private.counting (
  singleton boolean primary key default true constraint counting_has_one_row check (singleton),
  counted_until timestamptz not null default now()
);

comment on table private.counting is 'One row: the time up to which the counts include every row.';

insert into private.counting default values;
select private.deny_clients('{private.counts,private.counting}');

create function private.duration_bounds(source text)
returns double precision[]
language sql
immutable
set search_path = ''
as $$
  select case duration_bounds.source
    when 'requests' then '{5,10,25,50,100,250,500,1000,2000}'::double precision[]
    when 'dispatches' then '{25,50,100,250,500,1000,5000,30000,300000}' end;
$$;

comment on function private.duration_bounds(text) is
  'Upper bounds of a histogram, in milliseconds: nine for each table.';

create function private.count_rows(from_time timestamptz, to_time timestamptz)
returns table (source text, labels jsonb, count bigint, sum_ms numeric, below bigint[])
language sql
stable
set search_path = ''
set enable_seqscan = off -- whatever the statistics say: the range is short
set jit = off
set max_parallel_workers_per_gather = 0
as $$
  with timed as (
    select 'requests' as source, null::uuid as strategy_id, outcome as status, endpoint,
      duration_ms::double precision as ms, private.duration_bounds('requests') as le
    from public.webhook_requests
    where received_at >= count_rows.from_time and received_at < count_rows.to_time
    union all
    select 'signals', strategy_id, status, null, null, null
    from public.signals
    where received_at >= count_rows.from_time and received_at < count_rows.to_time
    union all
    select 'dispatches', null, status, null,
      extract(epoch from delivered_at - created_at)::double precision * 1000, private.duration_bounds('dispatches')
    from public.dispatches
    where created_at >= count_rows.from_time and created_at < count_rows.to_time
  )
  select source,
    jsonb_strip_nulls(jsonb_build_object('strategy_id', strategy_id, 'status', status, 'endpoint', endpoint)),
    count(*), coalesce(sum(ms), 0)::numeric,
    array[
      count(*) filter (where ms <= le[1]), count(*) filter (where ms <= le[2]), count(*) filter (where ms <= le[3]),
      count(*) filter (where ms <= le[4]), count(*) filter (where ms <= le[5]), count(*) filter (where ms <= le[6]),
      count(*) filter (where ms <= le[7]), count(*) filter (where ms <= le[8]), count(*) filter (where ms <= le[9])]
  from timed
  group by source, strategy_id, status, endpoint;
$$;

comment on function private.count_rows(timestamptz, timestamptz) is
  'Counts what was received in this time, see counts.';

create function private.bucket_of(at timestamptz)
returns timestamptz
language sql
immutable
set search_path = ''
as $$
  select date_bin('10 minutes', bucket_of.at, '2000-01-01 00:00:00+00');
$$;

comment on function private.bucket_of(timestamptz) is 'Returns the start of a time''s bucket of ten minutes.';

create function private.count_bucket(bucket_start timestamptz, to_time timestamptz)
returns void
language sql
volatile
set search_path = ''
as $$
  delete from private.counts where counts.bucket_start = count_bucket.bucket_start;
  insert into private.counts (bucket_start, source, labels, count, sum_ms, below)
  select count_bucket.bucket_start, source, labels, count, sum_ms, below
  from private.count_rows(
    count_bucket.bucket_start, least(count_bucket.bucket_start + interval '10 minutes', count_bucket.to_time));
$$;

comment on function private.count_bucket(timestamptz, timestamptz) is
  'Counts a bucket anew, as far as it lies before the given time.';

create function private.count_day(at timestamptz default now())
returns void
language plpgsql
volatile
set search_path = ''
set lock_timeout = '5s'
as $$
#variable_conflict use_column
declare
  max_buckets constant integer := 20;
  -- All that was received before then has committed, or is counted by the next run.
  until timestamptz := count_day.at - interval '5 seconds';
  day_ago constant timestamptz := private.bucket_of(count_day.at - interval '1 day');
  first_bucket timestamptz;
begin
  select private.bucket_of(greatest(counted_until, day_ago)) - interval '10 minutes', greatest(counted_until, until)
  into first_bucket, until
  from private.counting where singleton for update;
  -- Catches up step by step.
  until := least(until, first_bucket + max_buckets * interval '10 minutes');

  perform private.count_bucket(bucket, until)
  from generate_series(first_bucket, until, interval '10 minutes') as bucket;
  -- A signal may expire, and a dispatch be delivered, hours later: each older bucket has its turn every half hour.
  perform private.count_bucket(bucket, until)
  from generate_series(day_ago, first_bucket - interval '1 second', interval '10 minutes') as bucket
  where extract(epoch from bucket)::bigint / 600 % 30 = extract(epoch from count_day.at)::bigint / 60 % 30;

  delete from private.counts where bucket_start < day_ago;
  update private.counting set counted_until = until where singleton;
end;
$$;

comment on function private.count_day(timestamptz) is
  'Counts the last buckets, and some of the older ones anew; run every minute by cron.';

revoke execute on function
  private.duration_bounds(text), private.count_rows(timestamptz, timestamptz), private.bucket_of(timestamptz),
  private.count_bucket(timestamptz, timestamptz), private.count_day(timestamptz)
from public, anon, authenticated, service_role;
