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

create function public.find_similar_names(names text[])
returns jsonb
language sql
stable
security definer -- reads the names of all strategies
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(candidate.name_key, candidate.slug), '{}')
  from (
    select strategy_names.name_key, strategies.slug
    from private.strategy_names
    join public.strategies on strategies.id = strategy_names.strategy_id
    cross join public.router_settings as settings
    where strategies.status <> 'archived'
      and 'universal' = any (private.open_endpoints(strategies.routing, settings.phase))
      and exists (
        select from unnest(find_similar_names.names) as asked (name)
        where abs(length(strategy_names.name_key) - length(asked.name)) <= 2)
    order by
      exists (
        select from unnest(find_similar_names.names) as asked (name)
        where left(strategy_names.name_key, 1) = left(lower(asked.name), 1)) desc,
      strategy_names.name_key
    limit 1000) as candidate;
$$;

comment on function public.find_similar_names(text[]) is
  'Returns {name: slug} of strategies that the universal endpoint takes, for names at most two characters longer or '
  'shorter than those asked; at most 1000, names with the same first character first.';

revoke execute on function
  private.open_endpoints(public.strategy_routing, public.router_phase), public.find_similar_names(text[])
from public, anon, authenticated, service_role;
grant execute on function public.find_similar_names(text[]) to service_role;
