create function private.judged_on_old_cache(alert jsonb, strategy public.strategies)
returns boolean
language sql
volatile -- sees what was committed while this transaction waited
set search_path = ''
as $$
  select
    (alert ->> 'settings_version')::bigint is distinct from (select version from public.router_settings)
    or case when alert ->> 'strategy_id' is null
      then (alert ->> 'catalog_version')::bigint is distinct from (select version from private.catalog)
      else (alert ->> 'strategy_version')::bigint is distinct from strategy.version
      end
    -- A secret's end is judged by the database's clock alone.
    or (alert ->> 'secret_id' is not null and not exists (
      select from private.secrets
      where id = (alert ->> 'secret_id')::uuid
        and (strategy_id is null or strategy_id = strategy.id)
        and (expires_at is null or expires_at > clock_timestamp())));
$$;

comment on function private.judged_on_old_cache(jsonb, public.strategies) is
  'Whether the function that judged this alert saw older settings, an older strategy, or a secret that has ended.';

revoke execute on function
  private.judged_on_old_cache(jsonb, public.strategies)
from public, anon, authenticated, service_role;
