create table public.incidents (
  id bigint generated always as identity primary key,
  kind text not null
    constraint incidents_kind_is_known check (kind in (
      'auth_failures', 'rate_limited', 'hold_full', 'alert_storm', 'silent_strategy', 'position_gap', 'alert_refused',
      'wrong_endpoint', 'signal_expired', 'exit_failed', 'dead_letters', 'route_down', 'dispatch_unwired', 'backlog',
      'old_secret_in_use', 'unreadable_secrets', 'monitor_stopped', 'signals_rejected', 'worker_silent',
      'route_disabled')),
  strategy_id uuid references public.strategies on delete cascade,
  subject text not null default '',
  status text not null default 'open'
    constraint incidents_status_is_known check (status in ('open', 'acknowledged', 'resolved')),
  count bigint not null default 1,
  first_count bigint not null default 1,
  opened_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  acknowledged_at timestamptz,
  acknowledged_by text,
  resolved_at timestamptz,
  is_quiet boolean not null default false,
  reopens_until timestamptz,
  reopened_at timestamptz,
  notified_level integer,
  is_resolution_notified boolean not null default false,
  details jsonb not null default '{}'
);

comment on table public.incidents is 'Conditions that operators need to know.';
comment on column public.incidents.kind is 'The runbook has a procedure for each kind.';
comment on column public.incidents.subject is 'The part of the strategy that is affected, for example a route.';
comment on column public.incidents.count is 'Times that it was seen while it was open.';
comment on column public.incidents.first_count is
  'The count when it opened: the incident escalates at twice, at ten times, at a hundred times as many, and so on.';
comment on column public.incidents.is_quiet is
  'Whether it was resolved only because it was not seen any more: nothing is known to be mended.';
comment on column public.incidents.reopens_until is
  'If it is seen again until then, this incident goes on: nobody has mended anything. Empty: the next is a new one.';
comment on column public.incidents.reopened_at is
  'When it came back last. Once it has, it stays open until it was not seen for a day. Empty: it never did.';
comment on column public.incidents.details is
  'What is known of it. Where an alert is the evidence: all of one alert, see private.evidence.';
comment on column public.incidents.notified_level is
  'The level of which operators were notified: 0 opened, 1 doubled, 2 tenfold, 3 a hundredfold …; empty: none yet.';
comment on column public.incidents.is_resolution_notified is 'Whether operators were notified of the resolution.';

-- At most one incident per kind, strategy and subject is open or may be again; more of the same are counted.
create unique index incidents_open_once on public.incidents (kind, strategy_id, subject)
  nulls not distinct where status <> 'resolved' or reopens_until is not null;
-- Most are resolved, and operators know it.
create index incidents_not_told on public.incidents (id) where not is_resolution_notified;
create index incidents_strategy_id on public.incidents (strategy_id);

select private.deny_clients('{public.incidents}');

create function private.set_resolved_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.resolved_at := now();
  return new;
end;
$$;

comment on function private.set_resolved_at() is 'Before-row trigger: sets the time when an incident was resolved.';

create trigger incidents_set_resolved_at
  before update on public.incidents
  for each row when (new.status = 'resolved' and old.status <> 'resolved') execute function private.set_resolved_at();

create function private.set_reopened_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.reopened_at := now();
  new.reopens_until := null;
  new.resolved_at := null;
  new.is_quiet := false;
  new.acknowledged_at := null;
  new.acknowledged_by := null;
  -- Operators are notified of its return, and later of its end.
  new.notified_level := null;
  new.is_resolution_notified := false;
  return new;
end;
$$;

comment on function private.set_reopened_at() is 'Before-row trigger: an incident that is open again begins anew.';

create trigger incidents_set_reopened_at
  before update on public.incidents
  for each row when (new.status <> 'resolved' and old.status = 'resolved') execute function private.set_reopened_at();

create function private.threshold(kind text, strategy public.strategies)
returns integer
language plpgsql -- see stated_position
stable
set search_path = ''
as $$
begin
  return coalesce((strategy.thresholds ->> threshold.kind)::integer, (
    select case threshold.kind
      when 'auth_failures' then settings.auth_failure_threshold
      when 'alert_storm' then settings.alert_storm_threshold end
    from public.router_settings as settings));
end;
$$;

comment on function private.threshold(text, public.strategies) is
  'The count from which on it is an incident: the strategy''s own threshold, else the router''s.';

create function public.acknowledge_incident(id bigint, actor text default null)
returns jsonb
language sql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
  update public.incidents set
    status = 'acknowledged', acknowledged_at = now(),
    acknowledged_by = coalesce(acknowledge_incident.actor, private.actor())
  where incidents.id = acknowledge_incident.id and status = 'open'
  returning to_jsonb(incidents);
$$;

comment on function public.acknowledge_incident(bigint, text) is
  'Marks an incident as seen by an operator and returns it; null if it is not open.';

grant select on public.incidents to service_role;

create function public.list_incidents()
returns jsonb
language sql
stable
security definer -- joins the strategies' names
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'id', incidents.id, 'kind', kind, 'strategy', strategies.name, 'subject', subject, 'status', incidents.status,
      'opened_at', opened_at, 'reopened_at', reopened_at, 'last_seen_at', last_seen_at, 'count', count,
      'details', details)
    order by opened_at desc), '[]')
  from public.incidents
  left join public.strategies on strategies.id = incidents.strategy_id
  where incidents.status <> 'resolved';
$$;

comment on function public.list_incidents() is 'Returns the incidents that are not resolved.';

revoke execute on function
  private.set_resolved_at(), private.set_reopened_at(), private.threshold(text, public.strategies),
  public.acknowledge_incident(bigint, text), public.list_incidents()
from public, anon, authenticated, service_role;
grant execute on function
  public.acknowledge_incident(bigint, text), public.list_incidents()
to service_role;
