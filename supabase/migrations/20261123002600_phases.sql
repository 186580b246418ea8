create view public.phase_progress
with (security_invoker = true)
as
select
  strategies.name,
  strategies.slug,
  strategies.status,
  strategies.routing,
  traffic.universal as universal_7d,
  traffic.dedicated as dedicated_7d,
  traffic.last_universal,
  traffic.last_dedicated
from public.strategies,
  lateral (
    select
      count(*) filter (where endpoint = 'universal') as universal,
      count(*) filter (where endpoint = 'dedicated') as dedicated,
      max(received_at) filter (where endpoint = 'universal') as last_universal,
      max(received_at) filter (where endpoint = 'dedicated') as last_dedicated
    from public.signals
    where signals.strategy_id = strategies.id and received_at > now() - interval '7 days') as traffic;

comment on view public.phase_progress is
  'Number of signals of the last 7 days on each endpoint, per strategy: shows which senders a change of phase would '
  'cut off.';

create function private.cut_off_by(phase public.router_phase)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'name', name, 'slug', slug, 'endpoint', endpoint, 'signals_7d', signals, 'last', last) order by name), '[]')
  from public.phase_progress,
    lateral (values ('universal', universal_7d, last_universal), ('dedicated', dedicated_7d, last_dedicated))
      as used (endpoint, signals, last)
  where signals > 0 and endpoint <> all (private.open_endpoints(routing, cut_off_by.phase)) and status <> 'archived';
$$;

comment on function private.cut_off_by(public.router_phase) is
  'Returns the strategies with signals in the last 7 days on an endpoint that the phase would close.';

create function public.set_phase(phase public.router_phase, force boolean default false, actor text default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  cut_off jsonb := private.cut_off_by(set_phase.phase);
begin
  perform private.declare_actor(set_phase.actor);
  if cut_off <> '[]' and not set_phase.force then
    return jsonb_build_object('outcome', 'refused', 'cut_off', cut_off);
  end if;
  update public.router_settings set phase = set_phase.phase where router_settings.phase <> set_phase.phase;
  return jsonb_build_object('outcome', 'changed', 'cut_off', cut_off);
end;
$$;

comment on function public.set_phase(public.router_phase, boolean, text) is
  'Changes the phase: {outcome: changed|refused, cut_off: [{name, slug, endpoint, signals_7d, last}]}. Refuses to cut '
  'off traffic unless forced.';

revoke all on public.phase_progress from public, anon, authenticated, service_role;
grant select on public.phase_progress to service_role;

revoke execute on function
  private.cut_off_by(public.router_phase), public.set_phase(public.router_phase, boolean, text)
from public, anon, authenticated, service_role;
grant execute on function public.set_phase(public.router_phase, boolean, text) to service_role;
