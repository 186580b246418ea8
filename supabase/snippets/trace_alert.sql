-- What became of one alert, by the correlation id of its answer (or its signal's id): put it in the first line.
with wanted as (select '00000000-0000-0000-0000-000000000000'::uuid as id),
request as (
  select webhook_requests.*
  from wanted, webhook_requests
  where wanted.id in (correlation_id, signal_id)
),
signal as (
  select signals.*
  from wanted, signals
  where wanted.id in (signals.id, correlation_id) or signals.id in (select signal_id from request)
)
select received_at as at, 'request' as what, outcome as status, coalesce(code, problem ->> 'detail', '') as detail
from request
union all
select received_at, 'signal', status, concat_ws(' ', action, symbol, array_to_string(routes, ', ')) from signal
union all
select started_at, 'attempt ' || attempt || ' at ' || target,
  coalesce(status_code::text, 'no answer'), coalesce(error, '')
from dispatch_attempts join dispatches on dispatches.id = dispatch_id where signal_id in (select id from signal)
union all
select coalesce(delivered_at, next_attempt_at, created_at), 'dispatch to ' || target, status, attempts || ' attempts'
from dispatches where signal_id in (select id from signal)
union all
select settled_at, 'worker ' || worker, outcome, coalesce(error, '')
from queue_outcomes where signal_id in (select id from signal)
order by at;
