-- The news that operators are notified of.

create function private.incident_level(count bigint, first_count bigint)
returns integer
language sql
immutable
set search_path = ''
as $$
  select case
    when count >= 10 * first_count then length((count / first_count)::text)
    when count >= 2 * first_count then 1
    else 0 end;
$$;

comment on function private.incident_level(bigint, bigint) is
  'How much worse an incident has become since it opened: 0, 1 (at least twice), 2 (at least ten times), 3 (at least a '
  'hundred times), and so on: however long it lasts, it is told again, and ever more seldom.';

create type private.news as (line text, evidence text);

comment on type private.news is 'A line of a message to the operators, and what only a private chat shows beside it.';

create function private.incident_line(incident public.incidents, strategy text, change text)
returns private.news
language sql
stable
set search_path = ''
as $$
  select
    case when length(line) > 198 then left(line, 197) || '…' else line end,
    case when change not in ('resolved', 'quiet') then '↳ ' || nullif(concat_ws(' ',
      private.harmless(incident.details ->> 'correlation_id'),
      left(private.harmless(coalesce(nullif(incident.details ->> 'excerpt', ''),
        case when incident.details ? 'excerpt' then '(empty)' end)), 150)), '') end
  from (
    select format('%s%s #%s %s%s%s (%s×%s)%s',
      case when incident.kind = 'exit_failed' and change not in ('resolved', 'quiet') then 'URGENT: ' end, change,
      incident.id, incident.kind, ' of ' || private.harmless(strategy),
      case when incident.subject <> '' and incident.subject !~ '^[0-9a-f-]{36}$'
        then ' [' || private.harmless(incident.subject) || ']' end,
      incident.count,
      case when incident.reopened_at is not null
        then to_char(incident.opened_at at time zone 'UTC', '" since "YYYY-MM-DD HH24:MI" UTC"') end,
      ': ' || case change
        when 'quiet' then 'not seen for ' || case when incident.reopened_at is not null then 'a day' else (
          select ceil(extract(epoch from incident_quiet) / 60) from public.router_settings) || ' minutes' end
        when 'resolved' then null
        else coalesce(
          -- Words of our own, else a sender's or a target's.
          case incident.kind when 'exit_failed' then format(
            'an exit was not made (%s): compare with the broker now', incident.details ->> 'reason') end,
          incident.details ->> 'meaning', incident.details ->> 'remedy',
          private.harmless(coalesce(
            incident.details ->> 'detail', incident.details ->> 'error', incident.details ->> 'code')))
          || coalesce(' (from ' || (incident.details ->> 'remote_ip') || ')', '') end) as line) as composed;
$$;

comment on function private.incident_line(public.incidents, text, text) is
  'Returns an incident''s change as one line of at most 198 characters: ten of them fit any channel.';

create function private.incident_news(kinds text[] default null)
returns private.news[]
language sql
volatile
set search_path = ''
as $$
  with news as (
    select incidents as incident, strategies.name, private.incident_level(count, first_count) as level,
      case
        when incidents.status = 'resolved' and is_quiet then 'quiet'
        when incidents.status = 'resolved' then 'resolved'
        when notified_level is null and reopened_at is null then 'opened'
        when notified_level is null then 'back'
        when reopened_at is null then 'escalated'
        else 'still' end as change
    from public.incidents
    left join public.strategies on strategies.id = incidents.strategy_id
    where not is_resolution_notified and (
      notified_level is null and incidents.status <> 'resolved'
      or incidents.status = 'resolved'
      or private.incident_level(count, first_count) > notified_level)
      and (incident_news.kinds is null or kind = any (incident_news.kinds))
    -- Waits for no watch: what one updates now is told next time.
    for update of incidents skip locked
  ),
  notified as (
    update public.incidents set
      notified_level = news.level, is_resolution_notified = (news.incident).status = 'resolved'
    from news where incidents.id = (news.incident).id
    returning incidents.id
  )
  select coalesce(array_agg(private.incident_line(incident, name, change)
    order by (incident).kind <> 'exit_failed',
      array_position(array['opened', 'back', 'escalated', 'still', 'resolved', 'quiet'], change), (incident).id), '{}')
  from news;
$$;

comment on function private.incident_news(text[]) is
  'Returns a line for each incident, of these kinds or of all, that opened, came back, escalated (still: after it came '
  'back), was resolved or went quiet and of which operators were not notified yet; they are now.';

create function private.write_notification(news private.news[])
returns void
language sql
volatile
set search_path = ''
as $$
  insert into public.notifications (text, private_text)
  select string_agg(line, e'\n' order by place), string_agg(concat_ws(e'\n', line, evidence), e'\n' order by place)
  from (
    select line, evidence, place from unnest(write_notification.news) with ordinality as one (line, evidence, place)
    where place <= 30 - (cardinality(write_notification.news) > 30)::integer
    union all
    select format('… and %s more: send /incidents to the bot, or ask GET /provision/incidents',
      cardinality(write_notification.news) - 29), null, 30
    where cardinality(write_notification.news) > 30) as shown
  group by (place - 1) / 10
  order by (place - 1) / 10;
$$;

comment on function private.write_notification(private.news[]) is
  'Writes at most three messages of ten lines to the operators; of more lines the last one says how many.';

create function private.notify_at_once()
returns trigger
language plpgsql
security definer -- whoever opens the incident
set search_path = ''
as $$
begin
  perform private.write_notification(private.incident_news(array['exit_failed']));
  return null;
end;
$$;

comment on function private.notify_at_once() is
  'After-row trigger: operators are told of an exit that failed without waiting for the monitor.';

create trigger incidents_notify_at_once
  after insert on public.incidents
  for each row when (new.kind = 'exit_failed')
  execute function private.notify_at_once();

create index strategy_events_registered on public.strategy_events (recorded_in) where event = 'registered';

create function private.notify_operators(pass private.monitor_pass)
returns void
language plpgsql -- not SQL, because doctor's table is created later
volatile
set search_path = ''
as $$
begin
  perform private.write_notification(private.incident_news() || array(
    select row(format(
      'registered %1$s (%2$s): send /url %2$s to the bot, or select * from reveal_strategy(''%2$s'')',
      private.harmless(name), slug), null)::private.news
    from public.strategy_events
    join public.strategies on strategies.id = strategy_id
    where event = 'registered' and strategies.id is distinct from (select doctor.strategy_id from private.doctor)
      and recorded_in >= pg_snapshot_xmin((notify_operators.pass).seen)
      and private.is_new(recorded_in, notify_operators.pass)
      and occurred_at > private.earliest(notify_operators.pass)
    order by strategy_events.id));
end;
$$;

comment on function private.notify_operators(private.monitor_pass) is
  'Writes messages about the incidents that opened, escalated, were resolved or went quiet, and the strategies that '
  'were registered.';

revoke execute on function
  private.notify_at_once(),
  private.incident_level(bigint, bigint), private.incident_line(public.incidents, text, text),
  private.incident_news(text[]), private.write_notification(private.news[]),
  private.notify_operators(private.monitor_pass)
from public, anon, authenticated, service_role;
