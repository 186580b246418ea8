create function private.secrets_shown(strategy_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object('mask', mask, 'created_at', created_at, 'expires_at', expires_at, 'last_used_at', last_used_at)
    order by expires_at nulls first), '[]')
  from private.secrets
  left join private.secret_uses on secret_uses.secret_id = secrets.id
  where secrets.strategy_id is not distinct from secrets_shown.strategy_id
    and (expires_at is null or expires_at > clock_timestamp());
$$;

comment on function private.secrets_shown(uuid) is 'Which secrets are live, by their masks, and when each was last used. Null strategy: the universal ones.';

create function private.strategy_json(strategy public.strategies)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(strategy) || jsonb_build_object(
    'endpoints', (
      select coalesce(jsonb_agg(endpoint), '[]')
      from public.router_settings, unnest('{dedicated,universal}'::text[]) as endpoint
      where phase = 'hybrid' and strategy.routing::text in ('both', endpoint)
        or phase = 'universal' and endpoint = 'universal' or phase = 'automated' and endpoint = 'dedicated'),
    'routes', (
      select coalesce(jsonb_agg(
        jsonb_build_object('id', id, 'kind', kind, 'target', target, 'enabled', enabled)
          || jsonb_strip_nulls(jsonb_build_object(
            'actions', actions, 'symbols', symbols, 'min_confidence', min_confidence,
            'send_secret_key', nullif(send_secret_key, false)))
        order by created_at, kind, target), '[]')
      from public.routes
      where strategy_id = strategy.id or strategy_id is null and strategy.shared_routes),
    'monitoring', (
      select jsonb_build_object(
        'auth_failures', private.threshold('auth_failures', strategy),
        'alert_storm', private.threshold('alert_storm', strategy),
        'backlog', backlog_threshold,
        'expected_every', strategy.expected_every)
      from public.router_settings),
    'secrets', private.secrets_shown(strategy.id));
$$;

comment on function private.strategy_json(public.strategies) is
  'A strategy as provision shows it: its columns, the endpoints that are open to it, routes, from when on it is an incident, and which secrets are live. No secret.';

create function private.with_settings(strategy public.strategies, settings jsonb)
returns public.strategies
language sql
stable
set search_path = ''
as $$
  select jsonb_populate_record(strategy, settings
    - array['id', 'webhook_secret', 'version', 'created_at', 'updated_at']
    - case when coalesce(trim(settings ->> 'slug'), '') = '' then 'slug' else '' end);
$$;

comment on function private.with_settings(public.strategies, jsonb) is
  'The strategy with these settings; what the database keeps itself cannot be set.';

create function public.list_strategies()
returns jsonb
language sql
stable
security definer -- shows which secrets are live
set search_path = ''
as $$
  select coalesce(jsonb_agg(private.strategy_json(strategies) order by lower(name)), '[]') from public.strategies;
$$;

comment on function public.list_strategies() is 'All strategies, without secrets.';

create function public.show_strategy(name text)
returns jsonb
language sql
stable
security definer -- shows which secrets are live
set search_path = ''
as $$
  select private.strategy_json(strategies)
  from private.strategy_names
  join public.strategies on strategies.id = strategy_names.strategy_id
  where strategy_names.name_key = lower(show_strategy.name);
$$;

comment on function public.show_strategy(text) is 'One strategy by name, slug or alias, without secrets; null if there is none.';

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
    where lower(trim(settings ->> 'name')) <> lower(strategy.name)
    union all
    select 'aliases'
    where exists (
      select from jsonb_array_elements_text(settings -> 'aliases') as alias
      where not exists (
        select from private.strategy_names where strategy_id = strategy.id and name_key = lower(trim(alias))))
    union all
    select 'routes'
    where exists (
      select from jsonb_array_elements(settings -> 'routes') as wanted
      where not exists (
        select from public.routes
        where routes.strategy_id = strategy.id
          and routes.kind::text = wanted ->> 'kind' and routes.target = wanted ->> 'target'
          and jsonb_populate_record(routes, wanted) is not distinct from routes))
    order by 1);
$$;

comment on function private.registration_differences(public.strategies, jsonb) is
  'In which of the given settings a registered strategy differs.';

create function private.set_routes(strategy_id uuid, routes jsonb)
returns void
language sql
volatile
set search_path = ''
as $$
  insert into public.routes as known (
    strategy_id, kind, target, enabled, actions, symbols, min_confidence, send_secret_key)
  select set_routes.strategy_id, kind, target, coalesce(enabled, true), actions, symbols, min_confidence,
    coalesce(send_secret_key, false)
  from jsonb_to_recordset(set_routes.routes) as wanted (
    kind public.route_kind, target text, enabled boolean, actions text[], symbols text[], min_confidence numeric,
    send_secret_key boolean)
  on conflict on constraint routes_target_once_per_strategy do update set
    enabled = excluded.enabled, actions = excluded.actions, symbols = excluded.symbols,
    min_confidence = excluded.min_confidence, send_secret_key = excluded.send_secret_key;
$$;

comment on function private.set_routes(uuid, jsonb) is 'Adds routes to a strategy, or changes those it has.';

create function public.register_strategy(settings jsonb, actor text default null)
returns jsonb
language plpgsql
volatile
security definer -- registering writes what the caller may only read
set search_path = ''
as $$
declare
  strategy public.strategies;
  differences text[];
begin
  perform private.declare_actor(register_strategy.actor);
  -- Two registrations of one name: the second waits, then finds the first.
  update private.catalog set version = version + 1 where singleton;

  select strategies.* into strategy
  from private.strategy_names
  join public.strategies on strategies.id = strategy_names.strategy_id
  where strategy_names.name_key = lower(trim(register_strategy.settings ->> 'name'));

  if found then
    differences := private.registration_differences(strategy, register_strategy.settings);
    return jsonb_build_object(
      'outcome', case when differences = '{}' then 'exists' else 'conflict' end,
      'slug', strategy.slug,
      'differences', to_jsonb(differences));
  end if;

  -- Only the given columns are named, so that the others take their defaults.
  execute format(
    'insert into public.strategies (%1$s) select %1$s from jsonb_populate_record(null::public.strategies, $1) returning *',
    (select string_agg(quote_ident(attname), ', ')
     from pg_catalog.pg_attribute
     where attrelid = 'public.strategies'::regclass and attnum > 0 and not attisdropped
       and (attname = 'name' or register_strategy.settings ? attname)
       and attname not in ('id', 'webhook_secret', 'version', 'created_at', 'updated_at')))
  into strategy using register_strategy.settings;

  perform private.set_routes(strategy.id, register_strategy.settings -> 'routes');

  return jsonb_build_object('outcome', 'created', 'slug', strategy.slug, 'differences', '[]'::jsonb);
end;
$$;

comment on function public.register_strategy(jsonb, text) is
  'Registers a strategy: {outcome: created|exists|conflict, slug, differences}. The same again changes nothing.';

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
  -- Two patches at once: the second waits, then sees what the first left.
  update private.catalog set version = version + 1 where singleton;
  strategy := private.with_settings(private.strategy_called(patch_strategy.name), patch_strategy.settings);
  update public.strategies set (
    name, slug, status, routing, auth_methods, aliases, allowed_ips, rate_limit_per_minute, over_limit,
    shared_routes, dedupe_by, dedupe_window, max_signal_age, max_alert_lag, expected_every, jwks, payload_schema, thresholds) = (
    strategy.name, strategy.slug, strategy.status, strategy.routing, strategy.auth_methods, strategy.aliases,
    strategy.allowed_ips, strategy.rate_limit_per_minute, strategy.over_limit, strategy.shared_routes, strategy.dedupe_by,
    strategy.dedupe_window, strategy.max_signal_age, strategy.max_alert_lag, strategy.expected_every,
    strategy.jwks, strategy.payload_schema, strategy.thresholds)
  where id = strategy.id
  returning * into strategy;
  perform private.set_routes(strategy.id, patch_strategy.settings -> 'routes');
  return private.strategy_json(strategy);
end;
$$;

comment on function public.patch_strategy(text, jsonb, text) is
  'Changes the given columns of a strategy (by name, slug or alias) and shows it.';

create function private.rotate(strategy_id uuid, overlap_seconds integer)
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  mask text;
begin
  update private.catalog set version = version + 1 where singleton;
  if exists (
    select from private.secrets
    where secrets.strategy_id is not distinct from rotate.strategy_id and expires_at > clock_timestamp()
  ) then
    return 'rotation_in_progress';
  end if;

  mask := private.store_secret(rotate.strategy_id, null, make_interval(secs => coalesce(rotate.overlap_seconds, 86400)));
  if rotate.strategy_id is null then
    update public.router_settings set webhook_secret = mask where singleton;
  else
    update public.strategies set webhook_secret = mask where id = rotate.strategy_id;
  end if;
  return 'rotated';
end;
$$;

comment on function private.rotate(uuid, integer) is 'Makes a new secret: rotated, or rotation_in_progress while two are live.';

create function public.rotate_secret(name text, overlap_seconds integer default 86400, actor text default null)
returns text
language plpgsql
volatile
security definer -- secrets are private
set search_path = ''
as $$
begin
  perform private.declare_actor(rotate_secret.actor);
  return private.rotate((private.strategy_called(rotate_secret.name)).id, rotate_secret.overlap_seconds);
end;
$$;

comment on function public.rotate_secret(text, integer, text) is
  'New secret for a strategy; the old one lives on for the overlap. rotated, or rotation_in_progress while two are live.';

create function public.rotate_universal_secret(overlap_seconds integer default 86400, actor text default null)
returns text
language plpgsql
volatile
security definer -- secrets are private
set search_path = ''
as $$
begin
  perform private.declare_actor(rotate_universal_secret.actor);
  return private.rotate(null, rotate_universal_secret.overlap_seconds);
end;
$$;

comment on function public.rotate_universal_secret(integer, text) is
  'New universal secret; the old one lives on for the overlap. rotated, or rotation_in_progress while two are live.';

create function public.show_universal(reveal boolean default false)
returns jsonb
language sql
stable
security definer -- reads secrets from Vault
set search_path = ''
as $$
  select jsonb_build_object('functions_url', private.functions_url(), 'secrets', private.secrets_shown(null))
    || case when reveal then
      jsonb_build_object('secret', secret, 'token', private.url_token(secret)) else '{}' end
  from (select private.live_secrets(null) #>> '{0,secret}') as current (secret);
$$;

comment on function public.show_universal(boolean) is
  'The public base URL, and which universal secrets are live; with reveal also the current one and its token.';

create function public.read_kit(name text)
returns jsonb
language sql
stable -- one snapshot: the secrets belong to the strategy that is shown
security definer -- reads secrets from Vault
set search_path = ''
as $$
  select jsonb_build_object(
    'functions_url', private.functions_url(),
    'strategy', private.strategy_json(strategies),
    'secret', own.secret,
    'token', private.url_token(own.secret),
    'universal_token', private.url_token(universal.secret),
    'route_secrets', (
      select coalesce(jsonb_object_agg(routes.id, private.route_secret(routes.id)), '{}')
      from public.routes
      where (routes.strategy_id = strategies.id or routes.strategy_id is null and strategies.shared_routes)
        and routes.kind <> 'queue'))
  from private.strategy_names
  join public.strategies on strategies.id = strategy_names.strategy_id,
    lateral (select private.live_secrets(strategies.id) #>> '{0,secret}') as own (secret),
    lateral (select private.live_secrets(null) #>> '{0,secret}') as universal (secret)
  where strategy_names.name_key = lower(read_kit.name);
$$;

comment on function public.read_kit(text) is
  'A strategy (by name, slug or alias) with all that its kit is made of: {functions_url, strategy, secret, token, universal_token, route_secrets: {route id: secret}}; null if there is none.';

create function public.tell_urls(detected_url text, internal_url text)
returns void
language sql
volatile
security definer -- settings are written here only
set search_path = ''
as $$
  select private.learn_urls(tell_urls.detected_url, tell_urls.internal_url, overwrite => true);
$$;

comment on function public.tell_urls(text, text) is 'Provision reports where the functions are.';

revoke execute on function
  private.secrets_shown(uuid), private.strategy_json(public.strategies),
  private.with_settings(public.strategies, jsonb), public.list_strategies(), public.show_strategy(text),
  private.registration_differences(public.strategies, jsonb), private.set_routes(uuid, jsonb),
  public.register_strategy(jsonb, text), public.patch_strategy(text, jsonb, text), private.rotate(uuid, integer),
  public.rotate_secret(text, integer, text), public.rotate_universal_secret(integer, text),
  public.show_universal(boolean), public.read_kit(text), public.tell_urls(text, text)
from public, anon, authenticated, service_role;
grant execute on function
  public.list_strategies(), public.show_strategy(text), public.register_strategy(jsonb, text),
  public.patch_strategy(text, jsonb, text), public.rotate_secret(text, integer, text),
  public.rotate_universal_secret(integer, text), public.show_universal(boolean), public.read_kit(text),
  public.tell_urls(text, text)
to service_role;
