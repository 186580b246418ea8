-- The way of one alert. Insert the correlation id of its response in the first line.
with wanted as (select '00000000-0000-0000-0000-000000000000'::uuid as id),
request as (
  select * from webhook_requests where correlation_id = (select id from wanted)
),
signal as (
  select * from signals
  -- The request of a duplicate has the first alert's signal.
  where id in (
    select id from signals where correlation_id = (select id from wanted)
    union select signal_id from request)
)
select received_at as at, 'request' as what, outcome as status, coalesce(code, problem ->> 'detail', '') as detail
from request
union all
select received_at, 'signal', status, concat_ws(' ', action, symbol, array_to_string(routes, ', ')) from signal
union all
select started_at, 'attempt at ' || target, coalesce(status_code::text, 'no answer'), coalesce(error, '')
from signal
join dispatches on dispatches.signal_id = signal.id
join dispatch_attempts on dispatch_id = dispatches.id
union all
select coalesce(delivered_at, next_attempt_at), 'dispatch to ' || target, dispatches.status, attempts || ' attempts'
from signal
join dispatches on dispatches.signal_id = signal.id
union all
select settled_at, queue, outcome, concat_ws(': ', coalesce('by ' || worker, 'by the router'), error)
from signal
join queue_outcomes on queue_outcomes.signal_id = signal.id
union all
select null, substr(label, 7), 'waiting', 'no worker has settled it yet; see queue_retries'
from signal, unnest(routes) as label
where label like 'queue:%' and signal.status = 'accepted' and not is_test and not exists (
  select from queue_outcomes where signal_id = signal.id and queue = substr(label, 7))
order by at nulls last;
