create view public.strategy_endpoints
with (security_invoker = true)
as
select
  strategies.name,
  strategies.slug,
  strategies.status,
  coalesce(settings.functions_url, settings.detected_url) || '/webhook/' || strategies.slug as url
from public.strategies, public.router_settings as settings;

comment on view public.strategy_endpoints is
  'Dedicated address of every strategy, without its token: select * from reveal_strategy(''slug'') shows it ready to '
  'use. url is empty until provision was called once (Postgres cannot know its project''s URL) or '
  'router_settings.functions_url is set.';

revoke all on public.strategy_endpoints from public, anon, authenticated, service_role;
grant select on public.strategy_endpoints to service_role;
