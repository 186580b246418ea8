create function private.with_settings(strategy public.strategies, settings jsonb)
returns public.strategies
language sql
stable
set search_path = ''
as $$
  select jsonb_populate_record(strategy, settings
    - array['id', 'webhook_secret', 'version', 'created_at', 'updated_at']
    - case when coalesce(private.trim_name(settings ->> 'slug'), '') = '' then 'slug' else '' end);
$$;

comment on function private.with_settings(public.strategies, jsonb) is
  'Returns the strategy with these settings. Columns that the database maintains are ignored.';

create function private.registration_differences(strategy public.strategies, settings jsonb)
returns text[]
language sql
stable
set search_path = ''
as $$
  select array(
    select key
    from jsonb_each(to_jsonb(private.with_settings(strategy, settings - array['name', 'aliases'])))
    where value is distinct from to_jsonb(strategy) -> key
    union all
    select 'name'
    where lower(private.trim_name(settings ->> 'name')) <> lower(strategy.name)
    union all
    select 'aliases'
    where exists (
      select from jsonb_array_elements_text(settings -> 'aliases') as alias
      where not exists (
        select from private.strategy_names
        where strategy_id = strategy.id and name_key = lower(private.trim_name(alias))))
    union all
    select 'routes'
    where exists (
      select from jsonb_array_elements(settings -> 'routes') as wanted
      where not exists (
        select from public.routes
        where routes.strategy_id = strategy.id
          and routes.kind::text = wanted ->> 'kind' and routes.target = wanted ->> 'target'
          and jsonb_populate_record(routes, wanted) is not distinct from routes))
    union all
    select 'queue'
    where (settings ->> 'queue')::boolean <> exists (
      select from public.routes
      where routes.strategy_id = strategy.id and routes.kind = 'queue' and not exists (
        select from jsonb_array_elements(settings -> 'routes') as wanted
        where wanted ->> 'kind' = 'queue' and wanted ->> 'target' = routes.target))
    order by 1);
$$;

comment on function private.registration_differences(public.strategies, jsonb) is
  'Names the settings in which a registered strategy differs.';

create function private.set_routes(strategy_id uuid, routes jsonb)
returns void
language sql
volatile
set search_path = ''
as $$
  insert into public.routes as known (
    strategy_id, kind, target, enabled, actions, intents, symbols, min_confidence, send_secret_key)
  select set_routes.strategy_id, kind, target, coalesce(enabled, true), actions, intents, symbols, min_confidence,
    coalesce(send_secret_key, false)
  from jsonb_to_recordset(set_routes.routes) as wanted (
    kind public.route_kind, target text, enabled boolean, actions text[], intents text[], symbols text[],
    min_confidence numeric, send_secret_key boolean)
  on conflict on constraint routes_target_once_per_strategy do update set
    -- Only a word of its own turns on what the router may have turned off meanwhile.
    enabled = coalesce((
      select (given ->> 'enabled')::boolean from jsonb_array_elements(set_routes.routes) as given
      where given ->> 'kind' = known.kind::text and given ->> 'target' = known.target), known.enabled),
    actions = excluded.actions, intents = excluded.intents, symbols = excluded.symbols,
    min_confidence = excluded.min_confidence, send_secret_key = excluded.send_secret_key;
$$;

comment on function private.set_routes(uuid, jsonb) is 'Adds routes to a strategy, or changes existing ones.';

create function public.register_strategy(settings jsonb, actor text default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  strategy public.strategies;
  differences text[];
begin
  perform private.declare_actor(register_strategy.actor);
  -- The second of two registrations of one name waits here, then finds the first.
  perform private.lock_catalog();

  select strategies.* into strategy
  from private.strategy_names
  join public.strategies on strategies.id = strategy_names.strategy_id
  where strategy_names.name_key = lower(private.trim_name(register_strategy.settings ->> 'name'));

  if found then
    differences := private.registration_differences(strategy, register_strategy.settings);
    return jsonb_build_object(
      'outcome', case when differences = '{}' then 'exists' else 'conflict' end,
      'slug', strategy.slug,
      'differences', to_jsonb(differences));
  end if;

  -- Who names other routes gets the default queue only on demand: what nobody claims would expire for ever.
  perform private.declare_default_queue(coalesce((register_strategy.settings ->> 'queue')::boolean,
    coalesce(register_strategy.settings -> 'routes', '[]') = '[]'));
  -- Names only the given columns, so that the others get their defaults.
  execute format(
    'insert into public.strategies (%1$s)
     select %1$s from jsonb_populate_record(null::public.strategies, $1) returning *',
    (select string_agg(quote_ident(attname), ', ')
     from pg_catalog.pg_attribute
     where attrelid = 'public.strategies'::regclass and attnum > 0 and not attisdropped
       and (attname = 'name' or register_strategy.settings ? attname)
       and attname not in ('id', 'webhook_secret', 'version', 'created_at', 'updated_at')))
  into strategy using register_strategy.settings;
  perform private.declare_default_queue(true);

  perform private.set_routes(strategy.id, register_strategy.settings -> 'routes');

  return jsonb_build_object('outcome', 'created', 'slug', strategy.slug, 'differences', '[]'::jsonb);
end;
$$;

comment on function public.register_strategy(jsonb, text) is
  'Registers a strategy: {outcome: created|exists|conflict, slug, differences}. Registering it again changes nothing. '
  'It gets a queue unless settings name routes, or say queue: false; with queue: true always.';

create function public.patch_strategy(name text, settings jsonb, actor text default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  strategy public.strategies;
begin
  perform private.declare_actor(patch_strategy.actor);
  -- The second of two concurrent patches waits here, then sees the result of the first.
  perform private.lock_catalog();
  strategy := private.with_settings(private.strategy_called(patch_strategy.name), patch_strategy.settings);
  update public.strategies set (
    name, slug, status, routing, auth_methods, aliases, allowed_ips, rate_limit_per_minute, over_limit,
    shared_routes, dedupe_by, dedupe_window, max_signal_age, max_exit_age, sides, max_alert_lag, expected_every,
    expected_calendar, jwks, payload_schema, thresholds) = (
    strategy.name, strategy.slug, strategy.status, strategy.routing, strategy.auth_methods, strategy.aliases,
    strategy.allowed_ips, strategy.rate_limit_per_minute, strategy.over_limit, strategy.shared_routes,
    strategy.dedupe_by, strategy.dedupe_window, strategy.max_signal_age, strategy.max_exit_age,
    strategy.sides, strategy.max_alert_lag, strategy.expected_every, strategy.expected_calendar, strategy.jwks,
    strategy.payload_schema, strategy.thresholds)
  where id = strategy.id
  returning * into strategy;
  perform private.set_routes(strategy.id, patch_strategy.settings -> 'routes');
  return private.strategy_json(strategy);
end;
$$;

comment on function public.patch_strategy(text, jsonb, text) is
  'Changes the given columns of a strategy (by name, slug or alias) and returns it.';

revoke execute on function
  private.with_settings(public.strategies, jsonb), private.registration_differences(public.strategies, jsonb),
  private.set_routes(uuid, jsonb), public.register_strategy(jsonb, text), public.patch_strategy(text, jsonb, text)
from public, anon, authenticated, service_role;
grant execute on function
  public.register_strategy(jsonb, text), public.patch_strategy(text, jsonb, text)
to service_role;
