-- Changes that `deno task doctor` makes to a project. They never cause a trade: its strategy has a queue of its own and
-- no shared routes.

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
    headers := jsonb_build_object(
      'content-type', 'application/json', 'apikey', coalesce(public.read_wake_key(), '')),
    body := '{}',
    timeout_milliseconds := 5000);
end;
$$;

comment on function public.probe_dispatch() is
  'Wakes the dispatch function as cron does and returns the request''s id, for diagnose. Null while internal_url is '
  'unknown.';

create function private.close_doctor_routes(strategy_id uuid)
returns void
language sql
volatile
set search_path = ''
as $$
  -- Keeps only a queue that no other strategy uses: any other route might trade.
  delete from public.routes
  where routes.strategy_id = close_doctor_routes.strategy_id
    and (kind <> 'queue' or exists (
      select from public.routes as other
      where other.kind = 'queue' and other.target = routes.target
        and other.strategy_id is distinct from close_doctor_routes.strategy_id));
$$;

comment on function private.close_doctor_routes(uuid) is
  'Deletes the routes of doctor''s strategy except its own queue.';

create function public.start_doctor(actor text default null)
returns text
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  may_take constant interval := '5 minutes';
  strategy public.strategies;
begin
  perform private.declare_actor(start_doctor.actor);
  -- The second of two concurrent starts waits here, then sees the first.
  perform private.lock_catalog();
  select strategies.* into strategy
  from private.doctor join public.strategies on strategies.id = doctor.strategy_id;

  if not found then
    if exists (select from private.strategy_names where name_key = 'doctor') then
      return 'name_taken';
    end if;
    insert into public.strategies (name, shared_routes) values ('Doctor', false) returning * into strategy;
    insert into private.doctor (strategy_id) values (strategy.id);
  elsif strategy.status <> 'archived' and strategy.updated_at > now() - may_take then
    return 'running';
  end if;

  perform private.close_doctor_routes(strategy.id);
  if not exists (select from public.routes where strategy_id = strategy.id) then
    insert into public.routes (strategy_id, kind, target)
    values (strategy.id, 'queue', 'doctor_' || replace(gen_random_uuid()::text, '-', ''));
  end if;
  update public.routes set enabled = true, actions = null, intents = null, symbols = null, min_confidence = null
  where strategy_id = strategy.id;
  -- Undoes an operator's changes, because the checks expect the defaults.
  update public.strategies set
    status = 'active', routing = 'both', auth_methods = '{token,hmac,jwt}', allowed_ips = '{}',
    rate_limit_per_minute = null, over_limit = 'hold', shared_routes = false, dedupe_by = 'body',
    dedupe_window = '30 seconds', max_signal_age = '5 minutes', max_exit_age = '24 hours', sides = 'both',
    max_alert_lag = null, expected_every = null, payload_schema = null, updated_at = now()
  where id = strategy.id;
  return 'started';
end;
$$;

comment on function public.start_doctor(text) is
  'Registers or reactivates doctor''s strategy. Returns started, running (another doctor started less than five '
  'minutes ago), or name_taken (another strategy has the name).';

create function public.read_doctor_kit()
returns jsonb
language sql
stable
security definer -- reads secrets from Vault
set search_path = ''
as $$
  select public.read_kit(slug) from public.strategies where id = (select strategy_id from private.doctor);
$$;

comment on function public.read_doctor_kit() is 'Returns the kit of doctor''s strategy, see read_kit.';

create function public.end_doctor(actor text default null)
returns void
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  doctor_id uuid := (select strategy_id from private.doctor);
begin
  perform private.declare_actor(end_doctor.actor);
  update public.strategies set status = 'archived' where id = doctor_id;
  perform private.close_doctor_routes(doctor_id);
end;
$$;

comment on function public.end_doctor(text) is 'Archives doctor''s strategy and deletes the routes that a run added.';

revoke execute on function
  private.close_doctor_routes(uuid), public.probe_dispatch(), public.start_doctor(text), public.read_doctor_kit(),
  public.end_doctor(text)
from public, anon, authenticated, service_role;
grant execute on function
  public.probe_dispatch(), public.start_doctor(text), public.read_doctor_kit(), public.end_doctor(text)
to service_role;
