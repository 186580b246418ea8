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

create type private.settled_dispatch as (
  id uuid,
  route_id uuid,
  strategy_id uuid,
  signal_id uuid,
  is_exit boolean,
  is_close boolean,
  is_test boolean,
  outcome text,
  status_code integer,
  error text,
  reason text
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
  ended as (
    select *, case
      when error is null then 'delivered'
      when role = 'test' then 'dead' -- one attempt tells what is asked
      when closed_by is not null then 'cancelled'
      when number >= 15 then 'dead' -- after more than a day
      when refusals >= private.max_refusals() then 'dead'
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
    cross join lateral (
      select 1 + count(*) as refusals from public.dispatch_attempts as earlier
      where private.is_refused(attempts.status_code)
        and earlier.dispatch_id = attempts.id and earlier.started_at >= attempts.created_at - interval '1 minute'
        and private.is_refused(earlier.status_code)) as refused
  ),
  judged as materialized (
    select *, case when outcome = 'dead' and refusals >= private.max_refusals() then
      format('The target refused it %s times, the last time with %s', refusals, status_code) end as why
    from ended
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
      cancelled_by = case judged.outcome when 'cancelled' then judged.closed_by end,
      reason = judged.why
    from judged
    where dispatches.id = judged.id
  )
  select array_agg((
      id, route_id, strategy_id, signal_id, is_exit, is_close, role = 'test', outcome, status_code, error, why
    )::private.settled_dispatch)
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
  settled private.settled_dispatch[];
  one private.settled_dispatch;
  route public.routes;
begin
  perform private.keep_routes(array(
    select (result ->> 'id')::uuid from jsonb_array_elements(settle_dispatches.results) as result));
  settled := private.record_attempts(settle_dispatches.results);
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
        private.newest_evidence(array[one.signal_id]) || jsonb_strip_nulls(jsonb_build_object(
          'dispatch_id', one.id, 'error', private.without_answer(one.error), 'meaning', one.reason)));
      perform private.report_failed_exits(
        one.strategy_id, array[one.signal_id], 'dead', private.route_label(route.kind, route.target));
    end if;
  end loop;

  perform private.record_route_success(route_id)
  from (
    select distinct route_id from unnest(settled) join private.route_health using (route_id)
    where outcome = 'delivered' and not is_test
    order by route_id) as recovered;
  perform private.count_gone(settled);

  return (
    select coalesce(jsonb_object_agg(result ->> 'id', coalesce(status, 'lost')), '{}')
    from jsonb_array_elements(settle_dispatches.results) as result
    left join unnest(settled) on id = (result ->> 'id')::uuid
    left join public.dispatches using (id));
end;
$$;

comment on function public.settle_dispatches(jsonb) is
  'Records attempts: [{id, fence, duration_ms, status_code?, error?, retry_after_seconds?}]; no error means '
  'delivered. Returns {id: status}; lost: another worker has taken over.';

revoke execute on function
  private.retry_delay(integer), private.record_attempts(jsonb), public.settle_dispatches(jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.settle_dispatches(jsonb) to service_role;
