create table public.incidents (
  id bigint generated always as identity primary key,
  kind text not null
    constraint incidents_kind_is_known check (kind in (
      'auth_failures', 'rate_limited', 'hold_full', 'alert_storm', 'silent_strategy', 'position_gap', 'alert_refused',
      'wrong_endpoint', 'signal_expired', 'exit_failed', 'dead_letters', 'route_down', 'dispatch_unwired', 'backlog',
      'old_secret_in_use', 'unreadable_secrets', 'monitor_stopped')),
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
  notified_level integer,
  is_resolution_notified boolean not null default false,
  details jsonb not null default '{}'
);

comment on table public.incidents is 'Conditions that operators need to know.';
comment on column public.incidents.kind is 'The runbook has a procedure for each kind.';
comment on column public.incidents.subject is 'The part of the strategy that is affected, for example a route.';
comment on column public.incidents.count is 'Times that it was seen while it was open.';
comment on column public.incidents.first_count is
  'The count when it opened: the incident escalates at twice and at ten times as many.';
comment on column public.incidents.is_quiet is
  'Whether it was resolved only because it was not seen any more: nothing is known to be mended.';
comment on column public.incidents.details is
  'What is known of it. Where an alert is the evidence: all of one alert, the newest.';
comment on column public.incidents.notified_level is
  'The level of which operators were notified: 0 opened, 1 doubled, 2 tenfold; empty: none yet.';
comment on column public.incidents.is_resolution_notified is 'Whether operators were notified of the resolution.';

-- At most one open incident per kind, strategy and subject; more of the same are counted.
create unique index incidents_open_once on public.incidents (kind, strategy_id, subject)
  nulls not distinct where status <> 'resolved';
-- Most are resolved, and operators know it.
create index incidents_not_told on public.incidents (id) where not is_resolution_notified;
create index incidents_strategy_id on public.incidents (strategy_id);

-- What was seen while another transaction was writing the incident.
create table private.incident_reports (
  id bigint generated always as identity primary key,
  kind text not null,
  strategy_id uuid references public.strategies on delete cascade,
  subject text not null,
  details jsonb not null,
  times bigint not null,
  is_measure boolean not null
);

create index incident_reports_strategy_id on private.incident_reports (strategy_id);

comment on table private.incident_reports is 'Incidents that are opened or counted when the monitor looks again.';

select private.deny_clients('{public.incidents,private.incident_reports}');

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

create function private.open_incident(
  kind text, strategy_id uuid, subject text, details jsonb, times bigint default 1, is_measure boolean default false)
returns void
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
begin
  -- Never waits, because alerts are ingested in this transaction: leaves the count to the monitor if another
  -- transaction, which may yet fail, is making it now.
  if not pg_try_advisory_xact_lock(hashtextextended(
    concat_ws(':', 'incident', open_incident.kind, open_incident.strategy_id, open_incident.subject), 0))
  then
    insert into private.incident_reports (kind, strategy_id, subject, details, times, is_measure)
    values (open_incident.kind, open_incident.strategy_id, open_incident.subject, open_incident.details,
      open_incident.times, open_incident.is_measure);
    return;
  end if;
  insert into public.incidents as incidents (kind, strategy_id, subject, details, count, first_count)
  values (open_incident.kind, open_incident.strategy_id, open_incident.subject, open_incident.details,
    open_incident.times, open_incident.times)
  on conflict (kind, strategy_id, subject) where status <> 'resolved'
  do update set
    count = case when open_incident.is_measure
      then greatest(incidents.count, open_incident.times) else incidents.count + open_incident.times end,
    last_seen_at = now(), details = excluded.details;
end;
$$;

comment on function private.open_incident(text, uuid, text, jsonb, bigint, boolean) is
  'Opens an incident, or counts it if it is open. With is_measure, times is the current level: keeps the maximum '
  'instead of adding.';

create function private.count_reports()
returns void
language sql
volatile
set search_path = ''
as $$
  with reports as (
    delete from private.incident_reports
    where id in (select id from private.incident_reports order by id limit 1000 for update skip locked)
    returning *
  )
  select private.open_incident(kind, strategy_id, subject, details, times, is_measure)
  from (select * from reports order by id) as in_order;
$$;

comment on function private.count_reports() is
  'Opens or counts the incidents of private.incident_reports; what another transaction is writing stays there.';

create function private.threshold(kind text, strategy public.strategies)
returns integer
language sql
stable
set search_path = ''
as $$
  select coalesce(
    (strategy.thresholds ->> threshold.kind)::integer,
    case threshold.kind
      when 'auth_failures' then settings.auth_failure_threshold
      when 'alert_storm' then settings.alert_storm_threshold end)
  from public.router_settings as settings;
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
      'opened_at', opened_at, 'last_seen_at', last_seen_at, 'count', count, 'details', details)
    order by opened_at desc), '[]')
  from public.incidents
  left join public.strategies on strategies.id = incidents.strategy_id
  where incidents.status <> 'resolved';
$$;

comment on function public.list_incidents() is 'Returns the incidents that are not resolved.';

revoke execute on function
  private.set_resolved_at(), private.open_incident(text, uuid, text, jsonb, bigint, boolean), private.count_reports(),
  private.threshold(text, public.strategies), public.acknowledge_incident(bigint, text), public.list_incidents()
from public, anon, authenticated, service_role;
grant execute on function
  public.acknowledge_incident(bigint, text), public.list_incidents()
to service_role;
