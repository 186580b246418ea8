-- The news that operators are notified of.

create function private.incident_level(count bigint, first_count bigint)
returns integer
language sql
immutable
set search_path = ''
as $$
  select case when count >= 10 * first_count then 2 when count >= 2 * first_count then 1 else 0 end;
$$;

comment on function private.incident_level(bigint, bigint) is
  'How much worse an incident has become since it opened: 0, 1 (at least twice), 2 (at least ten times).';

create function private.incident_news(kinds text[] default null)
returns text[]
language sql
volatile
set search_path = ''
as $$
  with news as (
    select incidents.id, kind, subject, strategies.name, incidents.status, count, details,
      private.incident_level(count, first_count) as level,
      case
        when incidents.status = 'resolved' then 'resolved'
        when notified_level is null then 'opened'
        else 'escalated' end as change
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
    update public.incidents set notified_level = news.level, is_resolution_notified = news.status = 'resolved'
    from news where incidents.id = news.id
    returning incidents.id
  )
  select coalesce(array_agg(format('%s #%s %s%s%s (%s×)%s', change, id, kind,
      case when name is not null then ' of ' || name else '' end,
      case when subject <> '' and subject !~ '^[0-9a-f-]{36}$' then ' [' || subject || ']' else '' end, count,
      coalesce(
        ': ' || coalesce(details ->> 'meaning', details ->> 'detail', details ->> 'error', details ->> 'code'), ''))
    order by array_position(array['opened', 'escalated', 'resolved'], change), id), '{}')
  from news;
$$;

comment on function private.incident_news(text[]) is
  'Returns a line for each incident, of these kinds or of all, that opened, escalated or was resolved and of which '
  'operators were not notified yet; they are now.';

create function private.write_notification(lines text[])
returns void
language sql
volatile
set search_path = ''
as $$
  insert into public.notifications (text)
  select array_to_string(write_notification.lines, e'\n') where write_notification.lines <> '{}';
$$;

comment on function private.write_notification(text[]) is 'Writes one message to the operators, if there is a line.';

create index strategy_events_registered on public.strategy_events (recorded_in) where event = 'registered';

create function private.notify_operators(pass private.monitor_pass)
returns void
language plpgsql -- not SQL, because doctor's table is created later
volatile
set search_path = ''
as $$
begin
  perform private.write_notification(private.incident_news() || array(
    select format(
      'registered %1$s (%2$s): send /url %2$s to the bot, or select * from reveal_strategy(''%2$s'')', name, slug)
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
  'Writes one message about the incidents that opened, escalated or were resolved, and the strategies that were '
  'registered.';

revoke execute on function
  private.incident_level(bigint, bigint), private.incident_news(text[]), private.write_notification(text[]),
  private.notify_operators(private.monitor_pass)
from public, anon, authenticated, service_role;
