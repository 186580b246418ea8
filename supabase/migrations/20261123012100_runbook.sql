create function public.read_runbook()
returns jsonb
language sql
stable
security definer -- shows which secrets are live
set search_path = ''
as $$
  select jsonb_build_object(
    'generated_at', now(),
    'phase', settings.phase,
    'functions_url', private.functions_url(),
    'limits', jsonb_build_object(
      'universal_rate_limit_per_minute', settings.universal_rate_limit_per_minute,
      'raw_body_retention', settings.raw_body_retention,
      'audit_retention', settings.audit_retention),
    'monitoring', jsonb_build_object(
      'auth_failures', settings.auth_failure_threshold,
      'alert_storm', settings.alert_storm_threshold,
      'backlog', settings.backlog_threshold,
      'quiet', settings.incident_quiet),
    'universal_secrets', private.describe_secrets(null),
    'strategies', (
      select coalesce(jsonb_agg(
        private.strategy_json(strategies) - 'payload_schema' - 'jwks' order by lower(name)), '[]')
      from public.strategies where status <> 'archived'),
    'incidents', public.list_incidents(),
    'backlog', public.read_backlog())
  from public.router_settings as settings;
$$;

comment on function public.read_runbook() is
  'Returns the state that the runbook is rendered from, without secrets and tokens.';

revoke execute on function public.read_runbook() from public, anon, authenticated, service_role;
grant execute on function public.read_runbook() to service_role;
