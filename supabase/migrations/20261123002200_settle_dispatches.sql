create function private.retry_delay(attempts integer)
returns interval
language sql
volatile -- jitter, so that not all retries hit a recovering target at once
set search_path = ''
as $$
  select (array['5 seconds', '30 seconds', '2 minutes', '10 minutes', '1 hour', '3 hours']::interval[])
      [least(retry_delay.attempts, 6)]
    * (0.9 + random() * 0.2);
$$;

comment on function private.retry_delay(integer) is
  'Returns the wait after this many failed attempts: 5 s, 30 s, 2 min, 10 min, 1 h, then 3 h; each ± 10 %.';

create function private.record_route_success(route_id uuid)
returns void
language sql
volatile
set search_path = ''
as $$
  delete from private.route_health where route_health.route_id = record_route_success.route_id;

  update public.incidents set status = 'resolved'
  where kind = 'route_down' and subject = record_route_success.route_id::text and status <> 'resolved';
$$;

comment on function private.record_route_success(uuid) is 'Forgets a route''s failures and resolves its incident.';

create function private.record_route_failure(route public.routes, error text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  health private.route_health;
begin
  -- Deliveries that were in flight when the route paused do not count.
  insert into private.route_health as known (route_id, failures) values (route.id, 1)
  on conflict on constraint route_health_pkey do update set
    failures = known.failures + 1,
    paused_until = case when known.failures + 1 >= private.breaker_threshold() then clock_timestamp() + least(
      interval '5 seconds' * 2 ^ least(known.failures + 1 - private.breaker_threshold(), 10), '5 minutes') end
  where known.paused_until is null or known.paused_until <= clock_timestamp()
  returning * into health;

  if health.paused_until is not null then
    perform private.open_incident('route_down', route.strategy_id, route.id::text, jsonb_build_object(
      'kind', route.kind, 'failures', health.failures, 'paused_until', health.paused_until,
      'error', record_route_failure.error));
  end if;
end;
$$;

comment on function private.record_route_failure(public.routes, text) is
  'Counts a route''s failures. From breaker_threshold on, each pauses the route for 5 s, 10 s, … at most 5 minutes, '
  'and an incident opens.';

create function private.settle_dispatch(result jsonb)
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  dispatch public.dispatches;
  route public.routes;
  max_attempts constant integer := 15; -- more than a day
  next_try timestamptz;
  outcome text;
begin
  select * into dispatch from public.dispatches
  where id = (result ->> 'id')::uuid and fence = (result ->> 'fence')::bigint and status = 'pending'
  for update;
  if not found then
    return 'lost';
  end if;

  insert into public.dispatch_attempts (dispatch_id, attempt, started_at, status_code, error, duration_ms)
  values (dispatch.id, dispatch.attempts + 1,
    clock_timestamp() - make_interval(secs => (result ->> 'duration_ms')::double precision / 1000),
    (result ->> 'status_code')::integer, result ->> 'error', (result ->> 'duration_ms')::numeric);

  next_try := clock_timestamp() + greatest(
    private.retry_delay(dispatch.attempts + 1),
    make_interval(secs => least(coalesce((result ->> 'retry_after_seconds')::double precision, 0), 86400)));
  outcome := case
    when result ->> 'error' is null then 'delivered'
    when dispatch.is_entry and exists (
      select from public.dispatches as later
      where later.route_id = dispatch.route_id and later.strategy_id = dispatch.strategy_id
        and later.symbol = dispatch.symbol and later.sequence > dispatch.sequence
        and later.status = 'pending' and later.is_exit) then 'cancelled'
    when dispatch.attempts + 1 >= max_attempts then 'dead'
    when next_try >= dispatch.expires_at then 'expired'
    else 'pending' end;

  update public.dispatches set
    status = outcome,
    attempts = attempts + 1,
    leased_until = null,
    next_attempt_at = case outcome when 'pending' then next_try else next_attempt_at end,
    delivered_at = case outcome when 'delivered' then clock_timestamp() end
  where id = dispatch.id;

  if outcome = 'delivered' then
    if exists (select from private.route_health where route_id = dispatch.route_id) then
      perform private.record_route_success(dispatch.route_id);
    end if;
  else
    -- A pending dispatch always has a route.
    select * into strict route from public.routes where id = dispatch.route_id;
    perform private.record_route_failure(route, result ->> 'error');
  end if;
  if outcome = 'expired' then
    perform private.expire_signals(dispatch.strategy_id, array[dispatch.signal_id]);
  elsif outcome = 'dead' then
    perform private.open_incident('dead_letters', dispatch.strategy_id, dispatch.route_id::text,
      jsonb_build_object('dispatch_id', dispatch.id, 'error', result ->> 'error'));
  end if;
  return outcome;
end;
$$;

comment on function private.settle_dispatch(jsonb) is
  'Records an attempt and returns the new status of its dispatch; lost: another worker has taken over, or it is '
  'settled.';

create function public.settle_dispatches(results jsonb)
returns jsonb
language sql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(id, outcome), '{}')
  from (
    select result ->> 'id' as id, private.settle_dispatch(result) as outcome
    from (
      select value as result
      from jsonb_array_elements(settle_dispatches.results)
      left join public.dispatches on dispatches.id = (value ->> 'id')::uuid
      -- The same order everywhere, so that two workers cannot deadlock over a route's health.
      order by dispatches.route_id, dispatches.id) as ordered
  ) as settled;
$$;

comment on function public.settle_dispatches(jsonb) is
  'Records attempts: [{id, fence, duration_ms, status_code?, error?, retry_after_seconds?}]; no error means '
  'delivered. Returns {id: status}; lost: another worker has taken over.';

revoke execute on function
  private.retry_delay(integer), private.record_route_success(uuid), private.record_route_failure(public.routes, text),
  private.settle_dispatch(jsonb), public.settle_dispatches(jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.settle_dispatches(jsonb) to service_role;
