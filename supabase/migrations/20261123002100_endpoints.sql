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
  'Dedicated URL of every strategy, without its token: select * from reveal_strategy(''slug'') shows it ready to use. '
  'Empty until provision was called once, because Postgres cannot know its project''s URL, or '
  'router_settings.functions_url is set.';

revoke all on public.strategy_endpoints from public, anon, authenticated, service_role;
grant select on public.strategy_endpoints to service_role;

create function private.open_endpoints(routing public.strategy_routing, phase public.router_phase)
returns text[]
language sql
immutable
set search_path = ''
as $$
  select case open_endpoints.phase
    when 'universal' then array['universal']
    when 'automated' then array['dedicated']
    else case open_endpoints.routing
      when 'both' then array['dedicated', 'universal'] else array[open_endpoints.routing::text] end end;
$$;

comment on function private.open_endpoints(public.strategy_routing, public.router_phase) is
  'Endpoints that accept alerts of a strategy with this routing in a phase.';

revoke execute on function private.open_endpoints(public.strategy_routing, public.router_phase)
from public, anon, authenticated, service_role;
