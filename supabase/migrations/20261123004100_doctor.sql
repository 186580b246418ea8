-- What `deno task doctor` does to a project. It never causes a trade: its strategy has a queue of its own and takes no
-- shared routes.

create function public.probe_dispatch()
returns bigint
language plpgsql
volatile
security definer -- reads the wake key
set search_path = ''
as $$
declare
  internal_url text := (select internal_url from public.router_settings);
begin
  if internal_url is null then
    return null;
  end if;
  return net.http_post(
    url := internal_url || '/dispatch',
    headers := jsonb_build_object('content-type', 'application/json', 'apikey', coalesce(public.dispatch_wake_key(), '')),
    body := '{}',
    timeout_milliseconds := 5000);
end;
$$;

comment on function public.probe_dispatch() is
  'Wakes the dispatch function as cron does; returns the request, for diagnose. Null while internal_url is not known.';

create function public.start_doctor(actor text default null)
returns text
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  doctor constant text := 'Doctor';
  may_take constant interval := '5 minutes';
  strategy public.strategies;
begin
  perform private.declare_actor(start_doctor.actor);
  -- Two at once: the second waits, then sees the first.
  update private.catalog set version = version + 1 where singleton;
  select strategies.* into strategy
  from private.strategy_names
  join public.strategies on strategies.id = strategy_names.strategy_id
  where strategy_names.name_key = lower(doctor);

  if not found then
    insert into public.strategies (name, shared_routes, max_signal_age) values (doctor, false, '1 minute');
    return 'started';
  elsif strategy.shared_routes then
    return 'name_taken';
  elsif strategy.status <> 'archived' and strategy.updated_at > now() - may_take then
    return 'running';
  end if;
  -- Only a queue that is its own stays open: a route that was added to it might trade.
  update public.routes set enabled = false
  where strategy_id = strategy.id and enabled and (kind <> 'queue' or exists (
    select from public.routes as other
    where other.kind = 'queue' and other.target = routes.target and other.strategy_id is distinct from strategy.id));
  update public.strategies set status = 'active', updated_at = now() where id = strategy.id;
  return 'started';
end;
$$;

comment on function public.start_doctor(text) is
  'Registers or reactivates the strategy Doctor: started, running (another doctor did so less than five minutes ago), '
  'or name_taken (a strategy of this name takes shared routes, so it is not doctor''s).';

revoke execute on function public.probe_dispatch(), public.start_doctor(text)
from public, anon, authenticated, service_role;
grant execute on function public.probe_dispatch(), public.start_doctor(text) to service_role;
