create type private.alert as (
  correlation_id uuid,
  elapsed_ms double precision,
  endpoint text,
  remote_ip inet,
  auth_method text,
  secret_id uuid,
  catalog_version bigint,
  settings_version bigint,
  strategy_id uuid,
  strategy_version bigint,
  raw_body text,
  repaired boolean,
  refusal jsonb,
  signal public.signals,
  payload text,
  keys jsonb,
  body_digest text
);

comment on type private.alert is
  'An authenticated alert as the webhook function passes it to ingest: its sender, the versions it was judged by, and '
  'either its signal with payload and dedupe keys or its refusal {code, outcome, problem}.';
comment on column private.alert.elapsed_ms is 'Time since the request arrived at the function.';
comment on column private.alert.raw_body is 'The body with credentials masked, in base64.';
comment on column private.alert.keys is 'Dedupe keys: [{kind, value, seconds}].';

create function private.is_stale(alert private.alert, strategy public.strategies)
returns boolean
language sql
volatile -- must see what was committed while this transaction waited
set search_path = ''
as $$
  select
    alert.settings_version is distinct from (select version from public.router_settings)
    or case when alert.strategy_id is null
      then alert.catalog_version is distinct from (select version from private.catalog_version)
      else alert.strategy_version is distinct from strategy.version
      end
    -- Only the database's clock decides whether a secret has ended.
    or (alert.secret_id is not null and not exists (
      select from private.secrets
      where id = alert.secret_id
        and (strategy_id is null or strategy_id = strategy.id)
        and (expires_at is null or expires_at > clock_timestamp())));
$$;

comment on function private.is_stale(private.alert, public.strategies) is
  'Whether the alert was judged by older settings, by an older strategy, or with a secret that is no longer live.';

revoke execute on function private.is_stale(private.alert, public.strategies)
from public, anon, authenticated, service_role;
