create function private.route_json(route public.routes, reveals boolean default false)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
      'id', route.id, 'kind', route.kind, 'enabled', route.enabled,
      'target', case when route_json.reveals then route.target else private.shown_target(route.target) end)
    || jsonb_strip_nulls(jsonb_build_object(
      'disabled_at', route.disabled_at, 'is_gone', nullif(route.is_gone, false),
      'actions', route.actions, 'intents', route.intents, 'symbols', route.symbols,
      'min_confidence', route.min_confidence, 'send_secret_key', nullif(route.send_secret_key, false),
      'unreadable_secret', case when route.kind <> 'queue' and private.route_secret(route.id) is null then true end));
$$;

comment on function private.route_json(public.routes, boolean) is
  'Returns a route as provision shows it. The whole URL only if it reveals.';

create function private.strategy_json(strategy public.strategies, reveals boolean default false)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(strategy) || jsonb_build_object(
    'endpoints', (select private.open_endpoints(strategy.routing, phase) from public.router_settings),
    'routes', (
      select coalesce(
        jsonb_agg(private.route_json(routes, strategy_json.reveals) order by created_at, kind, target), '[]')
      from public.routes
      where strategy_id = strategy.id or strategy_id is null and strategy.shared_routes),
    'monitoring', (
      select jsonb_build_object(
        'auth_failures', private.threshold('auth_failures', strategy),
        'alert_storm', private.threshold('alert_storm', strategy),
        'backlog', backlog_threshold,
        'expected_every', strategy.expected_every)
      from public.router_settings),
    'secrets', private.describe_secrets(strategy.id));
$$;

comment on function private.strategy_json(public.strategies, boolean) is
  'Returns a strategy as provision shows it: its columns, open endpoints, routes, thresholds and live secrets (masks '
  'only). Whole URLs of routes only if it reveals.';

create function public.list_strategies()
returns jsonb
language sql
stable
security definer -- shows which secrets are live
set search_path = ''
as $$
  select coalesce(jsonb_agg(private.strategy_json(strategies) order by lower(name)), '[]') from public.strategies;
$$;

comment on function public.list_strategies() is 'Returns all strategies, without secrets.';

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

comment on function public.show_strategy(text) is
  'Returns a strategy (by name, slug or alias) without secrets; null if there is none.';

create function public.read_kit(name text)
returns jsonb
language sql
stable -- one snapshot: the secrets belong to this version of the strategy
security definer -- reads secrets from Vault
set search_path = ''
as $$
  select jsonb_build_object(
    'functions_url', private.functions_url(),
    'strategy', private.strategy_json(strategies, true),
    'secret', own.secret,
    'token', private.url_token(own.secret),
    'universal_token', private.url_token(universal.secret),
    'message', messages.message,
    'indicator_message', messages.indicator_message,
    'route_secrets', (
      select coalesce(jsonb_object_agg(routes.id, private.route_secret(routes.id)), '{}')
      from public.routes
      where (routes.strategy_id = strategies.id or routes.strategy_id is null and strategies.shared_routes)
        and private.route_secret(routes.id) is not null))
  from private.strategy_names
  join public.strategies on strategies.id = strategy_names.strategy_id,
    private.current_secret(strategies.id) as own (secret), private.current_secret(null) as universal (secret),
    private.messages_of(strategies.slug) as messages
  where strategy_names.name_key = lower(read_kit.name);
$$;

comment on function public.read_kit(text) is
  'Returns a strategy (by name, slug or alias) with everything in its kit: {functions_url, strategy, secret, token, '
  'universal_token, message, indicator_message, route_secrets: {route id: secret}}; null if there is none.';

revoke execute on function
  private.route_json(public.routes, boolean), private.strategy_json(public.strategies, boolean),
  public.list_strategies(), public.show_strategy(text), public.read_kit(text)
from public, anon, authenticated, service_role;
grant execute on function
  public.list_strategies(), public.show_strategy(text), public.read_kit(text)
to service_role;
