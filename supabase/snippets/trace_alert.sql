-- The way of one alert. Insert the correlation id of its response, or the id of its signal, in the next line.
with alert as (select trace_alert('00000000-0000-0000-0000-000000000000') as trace),
request as (
  select received_at, outcome, code, problem, excerpt
  from alert, jsonb_to_recordset(trace -> 'requests')
    as request (received_at timestamptz, outcome text, code text, problem jsonb, excerpt text)
),
signal as (
  select signal.* from alert, jsonb_to_record(nullif(trace -> 'signal', 'null')) as signal (
    received_at timestamptz, status text, action text, intent text, symbol text, routes text[], cancelled_by uuid,
    is_test boolean)
),
route as (
  select route.* from alert, jsonb_to_recordset(trace -> 'routes')
    as route (target text, outcomes jsonb, waiting jsonb, dispatches jsonb)
),
dispatch as (
  select target, dispatch.* from route, jsonb_to_recordset(dispatches) as dispatch (
    status text, attempts jsonb, delivered_at timestamptz, next_attempt_at timestamptz, cancelled_by uuid)
)
select received_at as at, 'request' as what, outcome as status,
  concat_ws(' ', code, problem ->> 'detail', excerpt) as detail
from request
union all
select received_at, 'failed authentication', reason,
  concat_ws(' ', endpoint, strategy, asked_for, remote_ip, user_agent)
from alert, jsonb_to_record(nullif(trace -> 'auth_failure', 'null')) as failure (
  received_at timestamptz, reason text, endpoint text, strategy text, asked_for text, remote_ip text, user_agent text)
where reason is not null
union all
select received_at, 'signal', status,
  concat_ws(' ', action, intent, symbol, array_to_string(routes, ', '), 'cancelled by ' || cancelled_by)
from signal
where status is not null
union all
select started_at, 'attempt at ' || target, coalesce(status_code::text, 'no answer'), coalesce(error, '')
from dispatch, jsonb_to_recordset(attempts) as attempt (started_at timestamptz, status_code integer, error text)
union all
select coalesce(delivered_at, next_attempt_at), 'dispatch to ' || target, status,
  concat_ws(', ', jsonb_array_length(attempts) || ' attempts', 'cancelled by ' || cancelled_by)
from dispatch
union all
select settled_at, target, outcome, concat_ws(': ', coalesce('by ' || worker, 'by the router'),
  coalesce(error, 'cancelled by ' || cancelled_by))
from route, jsonb_to_recordset(outcomes)
  as outcome (settled_at timestamptz, outcome text, worker text, error text, cancelled_by uuid)
union all
select visible_at, target, 'waiting', concat_ws(', ', reads || ' reads', 'last by ' || worker, error)
from route, jsonb_to_recordset(waiting) as waiting (visible_at timestamptz, reads integer, worker text, error text)
order by at nulls last;
