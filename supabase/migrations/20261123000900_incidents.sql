create table public.incidents (
  id bigint generated always as identity primary key,
  kind text not null
    constraint incidents_kind_is_known check (kind in ('route_down', 'dead_letters', 'signal_expired', 'dispatch_unwired', 'rate_limited', 'hold_full')),
  strategy_id uuid references public.strategies on delete cascade,
  subject text not null default '',
  status text not null default 'open'
    constraint incidents_status_is_known check (status in ('open', 'acknowledged', 'resolved')),
  count bigint not null default 1,
  opened_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  details jsonb not null default '{}'
);

comment on table public.incidents is 'What an operator must know.';
comment on column public.incidents.kind is 'route_down: a route cannot take signals · dead_letters: attempts are spent · signal_expired: too late to be delivered · dispatch_unwired: the database does not know where the functions are · rate_limited: signals are held · hold_full: signals are refused.';
comment on column public.incidents.subject is 'What it is about within the strategy, for example the route.';
comment on column public.incidents.count is 'How often it was seen while open.';

-- One open incident per kind, strategy and subject: it is counted, not repeated.
create unique index incidents_open_once on public.incidents (kind, strategy_id, subject)
  nulls not distinct where status <> 'resolved';
create index incidents_strategy_id on public.incidents (strategy_id);

select private.deny_clients('{public.incidents}');

create function private.open_incident(kind text, strategy_id uuid, subject text, details jsonb)
returns void
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
begin
  -- Never waits, since alerts are taken in this transaction: whoever counts it at this moment counts for all.
  if not pg_try_advisory_xact_lock(hashtextextended(
    concat_ws(':', 'incident', open_incident.kind, open_incident.strategy_id, open_incident.subject), 0))
  then
    return;
  end if;
  insert into public.incidents as incidents (kind, strategy_id, subject, details)
  values (open_incident.kind, open_incident.strategy_id, open_incident.subject, open_incident.details)
  on conflict (kind, strategy_id, subject) where status <> 'resolved'
  do update set count = incidents.count + 1, last_seen_at = now(), details = excluded.details;
end;
$$;

comment on function private.open_incident(text, uuid, text, jsonb) is 'Opens an incident, or counts it if it is open.';

grant select on public.incidents to service_role;
