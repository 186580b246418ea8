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

create function private.record_route_failure(route public.routes, error text, signal_id uuid)
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
    perform private.open_incident('route_down', route.strategy_id, route.id::text,
      private.newest_evidence(array[record_route_failure.signal_id]) || jsonb_build_object(
        'kind', route.kind, 'failures', health.failures, 'paused_until', health.paused_until,
        'error', private.without_answer(record_route_failure.error)));
  end if;
end;
$$;

comment on function private.record_route_failure(public.routes, text, uuid) is
  'Counts a failure of a route with a signal. From breaker_threshold on, each pauses the route for 5 s, 10 s, … at '
  'most 5 minutes, and an incident opens.';

create type private.settled_dispatch as (
  id uuid,
  route_id uuid,
  strategy_id uuid,
  signal_id uuid,
  is_exit boolean,
  is_close boolean,
  is_test boolean,
  outcome text,
  error text
);

comment on type private.settled_dispatch is 'A dispatch whose attempt was recorded, and what became of it.';

create function private.record_attempts(results jsonb)
returns private.settled_dispatch[]
language plpgsql
volatile
set search_path = ''
-- Each result finds its dispatch by key, whatever the planner believes about the table.
set enable_sort = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
declare
  at constant timestamptz := clock_timestamp();
  settled private.settled_dispatch[];
begin
  with attempts as (
    select dispatch.*, result.status_code, result.error, result.duration_ms,
      dispatch.attempts + 1 as number,
      at + greatest(
        private.retry_delay(dispatch.attempts + 1),
        make_interval(secs => least(coalesce(result.retry_after_seconds, 0), 86400) + random())) as next_try
    from (
      select distinct on (id) * from jsonb_to_recordset(record_attempts.results) as result (
        id uuid, fence bigint, duration_ms double precision, status_code integer, error text,
        retry_after_seconds double precision)
      -- The same order everywhere, so that two workers cannot deadlock.
      order by id) as result
    cross join lateral (select * from public.dispatches where id = result.id offset 0 for update) as dispatch
    where dispatch.fence = result.fence and dispatch.status = 'pending'
  ),
  judged as materialized (
    select *, case
      when error is null then 'delivered'
      when role = 'test' then 'dead' -- one attempt tells what is asked
      when closed_by is not null then 'cancelled'
      when number >= 15 then 'dead' -- after more than a day
      when next_try >= expires_at then 'expired'
      else 'pending' end as outcome
    from attempts
    left join lateral (
      select later.signal_id as closed_by from public.dispatches as later
      where attempts.error is not null
        and later.route_id = attempts.route_id and later.strategy_id = attempts.strategy_id
        and later.symbol = attempts.symbol and later.sequence > attempts.sequence
        and later.status = 'pending' and not later.is_entry and private.cancels(later.role, attempts.role)
      order by later.sequence limit 1) as closing on true
  ),
  recorded as (
    insert into public.dispatch_attempts (dispatch_id, attempt, started_at, status_code, error, duration_ms)
    select id, number, at - make_interval(secs => duration_ms / 1000), status_code, error, duration_ms
    from judged
  ),
  settled as (
    update public.dispatches set
      status = judged.outcome,
      attempts = judged.number,
      leased_until = null,
      next_attempt_at = case judged.outcome when 'pending' then judged.next_try else dispatches.next_attempt_at end,
      delivered_at = case judged.outcome when 'delivered' then at end,
      cancelled_by = case judged.outcome when 'cancelled' then judged.closed_by end
    from judged
    where dispatches.id = judged.id
  )
  select array_agg((id, route_id, strategy_id, signal_id, is_exit, is_close, role = 'test', outcome, error)
    ::private.settled_dispatch)
  into settled from judged;
  return settled;
end;
$$;

comment on function private.record_attempts(jsonb) is
  'Records attempts and settles their dispatches, or has them tried again. Skips those that another worker has taken '
  'over and those that are settled.';

create function public.settle_dispatches(results jsonb)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  settled private.settled_dispatch[] := private.record_attempts(settle_dispatches.results);
  one private.settled_dispatch;
  route public.routes;
begin
  -- Entries that were in flight when their close came may have been given back since.
  perform private.cancel_overtaken(array(select id from unnest(settled) where is_close));

  for one in select * from unnest(settled) where outcome <> 'delivered' and not is_test order by route_id, id loop
    -- A pending dispatch always has a route.
    select * into strict route from public.routes where id = one.route_id;
    perform private.record_route_failure(route, one.error, one.signal_id);
    if one.outcome = 'expired' then
      perform private.expire_signals(
        one.strategy_id, array[one.signal_id], private.route_label(route.kind, route.target));
    elsif one.outcome = 'dead' then
      perform private.open_incident('dead_letters', one.strategy_id, one.route_id::text,
        private.newest_evidence(array[one.signal_id]) || jsonb_build_object(
          'dispatch_id', one.id, 'error', private.without_answer(one.error)));
      perform private.report_failed_exits(
        one.strategy_id, array[one.signal_id], 'dead', private.route_label(route.kind, route.target));
    end if;
  end loop;

  perform private.record_route_success(route_id)
  from (
    select distinct route_id from unnest(settled) join private.route_health using (route_id)
    where outcome = 'delivered' and not is_test
    order by route_id) as recovered;

  return (
    select coalesce(jsonb_object_agg(result ->> 'id', coalesce(outcome, 'lost')), '{}')
    from jsonb_array_elements(settle_dispatches.results) as result
    left join unnest(settled) on id = (result ->> 'id')::uuid);
end;
$$;

comment on function public.settle_dispatches(jsonb) is
  'Records attempts: [{id, fence, duration_ms, status_code?, error?, retry_after_seconds?}]; no error means '
  'delivered. Returns {id: status}; lost: another worker has taken over.';

revoke execute on function
  private.retry_delay(integer), private.record_route_success(uuid), private.record_attempts(jsonb),
  private.record_route_failure(public.routes, text, uuid), public.settle_dispatches(jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.settle_dispatches(jsonb) to service_role;
