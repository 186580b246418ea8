create function private.evidence(
  correlation_id uuid, received_at timestamptz, said text, code text default null, problem jsonb default null)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_strip_nulls(jsonb_build_object(
    'code', code, 'path', problem #>> '{errors,0,path}', 'detail', problem ->> 'detail',
    'correlation_id', correlation_id, 'received_at', received_at, 'excerpt', left(said, 300)));
end;
$$;

comment on function private.evidence(uuid, timestamptz, text, text, jsonb) is
  'Returns what an incident shows of one alert: its id, arrival and beginning, and why it was refused. Every argument '
  'is of the same request or signal.';

create function private.newest_evidence(signal_ids uuid[])
returns jsonb
language plpgsql -- not SQL, because the signals are created later
stable
set search_path = ''
as $$
begin
  return coalesce((
    select private.evidence(correlation_id, received_at, payload::text) from public.signals
    where id = (
      select id from (
        -- Not by the index of received_at, which would be read from its end.
        select id, received_at from public.signals where id = any (newest_evidence.signal_ids) offset 0) as these
      order by received_at desc
      limit 1)), '{}');
end;
$$;

comment on function private.newest_evidence(uuid[]) is 'Returns the evidence of the newest of these signals.';

-- What was seen while another transaction was writing the incident.
create table private.incident_reports (
  id bigint generated always as identity primary key,
  kind text not null,
  strategy_id uuid references public.strategies on delete cascade,
  subject text not null,
  details jsonb not null,
  times bigint not null,
  is_measure boolean not null,
  seen_at timestamptz not null
);

create index incident_reports_strategy_id on private.incident_reports (strategy_id);

comment on table private.incident_reports is 'Incidents that are opened or counted when the monitor looks again.';

select private.deny_clients('{private.incident_reports}');

create function private.recurrence()
returns interval
language sql
immutable
set search_path = ''
as $$
  select interval '24 hours';
$$;

comment on function private.recurrence() is
  'If an incident that went quiet is seen again within this time after it was last seen, it is the same one.';

create function private.open_incident(
  kind text, strategy_id uuid, subject text, details jsonb, times bigint default 1, is_measure boolean default false,
  seen_at timestamptz default now())
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
    insert into private.incident_reports (kind, strategy_id, subject, details, times, is_measure, seen_at)
    values (open_incident.kind, open_incident.strategy_id, open_incident.subject, open_incident.details,
      open_incident.times, open_incident.is_measure, open_incident.seen_at);
    return;
  end if;
  insert into public.incidents as incidents (kind, strategy_id, subject, details, count, first_count, last_seen_at)
  values (open_incident.kind, open_incident.strategy_id, open_incident.subject, open_incident.details,
    open_incident.times, open_incident.times, open_incident.seen_at)
  on conflict (kind, strategy_id, subject) where status <> 'resolved' or reopens_until is not null
  do update set
    status = case incidents.status when 'resolved' then 'open' else incidents.status end,
    count = case when open_incident.is_measure
      then greatest(incidents.count, open_incident.times) else incidents.count + open_incident.times end,
    last_seen_at = greatest(incidents.last_seen_at, excluded.last_seen_at),
    -- What was seen earlier, or shows no alert, or none of its body, replaces no evidence.
    details = case
      when excluded.last_seen_at < incidents.last_seen_at
        or incidents.details ? 'correlation_id' and not excluded.details ? 'correlation_id'
        or incidents.details ? 'excerpt' and not excluded.details ? 'excerpt' then incidents.details
      else excluded.details end;
end;
$$;

comment on function private.open_incident(text, uuid, text, jsonb, bigint, boolean, timestamptz) is
  'Opens an incident, or counts it if it is open or went quiet lately: then nobody has mended anything, and it goes '
  'on. With is_measure, times is the current level: keeps the maximum instead of adding.';

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
  select private.open_incident(kind, strategy_id, subject, details, times, is_measure, seen_at)
  from (select * from reports order by id) as in_order;
$$;

comment on function private.count_reports() is
  'Opens or counts the incidents of private.incident_reports; what another transaction is writing stays there.';

revoke execute on function
  private.evidence(uuid, timestamptz, text, text, jsonb), private.newest_evidence(uuid[]), private.recurrence(),
  private.open_incident(text, uuid, text, jsonb, bigint, boolean, timestamptz), private.count_reports()
from public, anon, authenticated, service_role;
