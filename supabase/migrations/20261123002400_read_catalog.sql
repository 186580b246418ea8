create function private.strategy_for_functions(strategy public.strategies)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', strategy.id,
    'version', strategy.version,
    'name', strategy.name,
    'slug', strategy.slug,
    'aliases', strategy.aliases,
    'status', strategy.status,
    'routing', strategy.routing,
    'sides', strategy.sides,
    'auth_methods', strategy.auth_methods,
    'allowed_ips', strategy.allowed_ips,
    'dedupe_by', strategy.dedupe_by,
    'dedupe_seconds', extract(epoch from strategy.dedupe_window),
    'max_lag_seconds', extract(epoch from strategy.max_alert_lag),
    'jwks', strategy.jwks,
    'payload_schema', strategy.payload_schema,
    'previous_tokens', private.previous_tokens_of(strategy.id),
    'secrets', private.live_secrets(strategy.id));
$$;

comment on function private.strategy_for_functions(public.strategies) is
  'Returns what functions need to judge an alert of the strategy.';

create function public.read_catalog(names text[])
returns jsonb
language sql
stable -- one snapshot: the version applies to everything that is returned
security definer -- reads secrets from Vault
set search_path = ''
as $$
  with asked as (
    select given.name, strategy_names.strategy_id
    from unnest(read_catalog.names) as given (name)
    join private.strategy_names on strategy_names.name_key = lower(given.name)
  )
  select jsonb_build_object(
    'version', catalog_version.version,
    'now', extract(epoch from clock_timestamp()) * 1000,
    'settings', jsonb_build_object(
      'version', settings.version,
      'phase', settings.phase,
      'require_https', settings.require_https,
      'functions_url', settings.functions_url,
      'urls_known', settings.internal_url is not null,
      'previous_tokens', private.previous_tokens_of(null),
      'secrets', private.live_secrets(null)),
    'names', (select coalesce(jsonb_object_agg(name, strategy_id), '{}') from asked),
    -- Once each, however many spellings of one name strangers ask for.
    'strategies', (
      select coalesce(jsonb_object_agg(id, private.strategy_for_functions(strategies)), '{}')
      from public.strategies
      where id in (select strategy_id from asked)))
  from private.catalog_version, public.router_settings as settings;
$$;

comment on function public.read_catalog(text[]) is
  'Returns the catalog''s version, the time in milliseconds since 1970, the settings with the universal secrets, and '
  'the strategies with these names, slugs or aliases: names {name as asked: id}, strategies {id: strategy}. Case is '
  'folded here and nowhere else.';

revoke execute on function
  private.strategy_for_functions(public.strategies), public.read_catalog(text[])
from public, anon, authenticated, service_role;
grant execute on function public.read_catalog(text[]) to service_role;
