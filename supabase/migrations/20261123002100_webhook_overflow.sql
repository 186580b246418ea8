-- A runaway sender must not fill the database: beyond a number a minute its duplicates and refusals are only counted.

create table public.webhook_overflow (
  id bigint generated always as identity primary key,
  bucket_start timestamptz not null,
  strategy_id uuid,
  outcome text not null,
  code text,
  fault text,
  count bigint not null,
  constraint webhook_overflow_one_row_per_bucket
    unique nulls not distinct (bucket_start, strategy_id, outcome, code, fault)
);

comment on table public.webhook_overflow is
  'Counts, by the minute, of the duplicates and refusals that are too many to be kept one by one, see record_requests.';
comment on column public.webhook_overflow.fault is
  'The subject of the incident that counts them; empty: duplicates, or beyond the first 20 faults of the minute.';

create table private.counted_overflow (
  overflow_id bigint primary key references public.webhook_overflow on delete cascade,
  count bigint not null
);

comment on table private.counted_overflow is
  'How many of a row of webhook_overflow incidents count. A table of its own: alerts wait for no watch.';

select private.deny_clients('{public.webhook_overflow,private.counted_overflow}');

grant select on public.webhook_overflow to service_role;

create function private.fault(code text, problem jsonb, endpoint text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case fault.code
    when 'wrong_endpoint' then fault.endpoint
    else concat_ws(' ', fault.code, nullif(left(problem #>> '{errors,0,path}', 200), '')) end;
end;
$$;

comment on function private.fault(text, jsonb, text) is
  'Names what is wrong with a refused alert: its code and first wrong field; on a closed endpoint, the endpoint.';

create function private.count_overflow(
  alerts private.alert[], decisions private.decision[], ranks bigint[], max_rows integer)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  this_minute constant timestamptz := date_trunc('minute', clock_timestamp());
begin
  insert into public.webhook_overflow as bucket (bucket_start, strategy_id, outcome, code, fault, count)
  with overflow as (
    -- Duplicates are counted in one row, whatever their bodies.
    select alert.strategy_id, decision.request_outcome as outcome,
      case when decision.request_outcome <> 'duplicate' then decision.code end as code,
      case when decision.request_outcome <> 'duplicate'
        then private.fault(decision.code, alert.refusal -> 'problem', alert.endpoint) end as fault,
      count(*) as count
    from unnest(decisions) with ordinality as decision
    join unnest(alerts) with ordinality as alert on alert.ordinality = decision.place
    join unnest(ranks) with ordinality as ranked (rank, ordinality) on ranked.ordinality = decision.ordinality
    where rank > max_rows
    group by 1, 2, 3, 4
  ),
  ranked as (
    select overflow.*,
      row_number() over (partition by strategy_id, is_known order by fault) + (
        select count(*) from public.webhook_overflow as taken
        where taken.bucket_start = this_minute and taken.strategy_id is not distinct from overflow.strategy_id
          and taken.fault is not null) as place,
      is_known
    from overflow,
      lateral (
        select exists (
          select from public.webhook_overflow as known
          where known.bucket_start = this_minute and known.strategy_id is not distinct from overflow.strategy_id
            and known.outcome = overflow.outcome and known.code = overflow.code and known.fault = overflow.fault)
      ) as known (is_known)
  )
  select this_minute, strategy_id, outcome, code, case when is_known or place <= 20 then fault end, sum(count)
  from ranked
  group by 1, 2, 3, 4, 5
  order by 1, 2, 3, 4, 5 -- the same order everywhere: batches cannot deadlock
  on conflict on constraint webhook_overflow_one_row_per_bucket do update set count = bucket.count + excluded.count;
end;
$$;

comment on function private.count_overflow(private.alert[], private.decision[], bigint[], integer) is
  'Counts the requests of a batch that rank beyond max_rows.';

revoke execute on function
  private.fault(text, jsonb, text), private.count_overflow(private.alert[], private.decision[], bigint[], integer)
from public, anon, authenticated, service_role;
