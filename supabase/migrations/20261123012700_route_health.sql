-- How a route is: what its target's answers count for, and since when it is off.

create function private.is_refused(status_code integer)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select coalesce(is_refused.status_code in (400, 401, 403, 404, 422), false);
$$;

comment on function private.is_refused(integer) is
  'Whether a status says that the target does not take this signal: it helps little to try again.';

create function private.max_refusals()
returns integer
language sql
immutable
set search_path = ''
as $$
  select 6;
$$;

comment on function private.max_refusals() is 'Number of refusals that end a dispatch: an hour after the first.';

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

create function private.keep_routes(dispatch_ids uuid[])
returns void
language plpgsql
volatile
set search_path = ''
set enable_seqscan = off -- each by its key, whatever the planner believes about the tables
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
  perform from public.routes
  where id = any (array(select route_id from public.dispatches where id = any (keep_routes.dispatch_ids)))
  order by id
  for key share;
end;
$$;

comment on function private.keep_routes(uuid[]) is
  'Locks the routes of dispatches before the dispatches are locked, as who deletes a route does: otherwise the two '
  'could deadlock.';

create function private.date_route()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.is_gone := new.is_gone and not new.enabled;
  new.disabled_at := case when not new.enabled then coalesce(
    case when tg_op = 'UPDATE' then old.disabled_at end, clock_timestamp()) end;
  return new;
end;
$$;

comment on function private.date_route() is
  'Before-row trigger: notes since when a route is off, and that one that is on is not gone.';

create trigger routes_date
  before insert or update on public.routes
  for each row execute function private.date_route();

create function private.forget_route_health()
returns trigger
language plpgsql
security definer -- whoever changes or deletes the route
set search_path = ''
as $$
begin
  delete from private.route_health where route_id = old.id;
  if tg_op = 'DELETE' or not new.is_gone then
    update public.incidents set status = 'resolved'
    where kind = 'route_disabled' and subject = old.id::text and status <> 'resolved';
  end if;
  return null;
end;
$$;

comment on function private.forget_route_health() is
  'After-row trigger: a route that is turned on, has another target or is deleted begins anew.';

create trigger routes_forget_health
  after update on public.routes
  for each row
  when (new.enabled and not old.enabled or (new.kind, new.target) is distinct from (old.kind, old.target))
  execute function private.forget_route_health();

create trigger routes_forget_deleted
  after delete on public.routes
  for each row execute function private.forget_route_health();

revoke execute on function
  private.is_refused(integer), private.max_refusals(), private.record_route_success(uuid),
  private.record_route_failure(public.routes, text, uuid), private.keep_routes(uuid[]),
  private.date_route(), private.forget_route_health()
from public, anon, authenticated, service_role;
