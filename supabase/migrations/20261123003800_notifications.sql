create table public.notifications (
  id bigint generated always as identity primary key,
  created_at timestamptz not null default now(),
  text text not null,
  is_fanned_out boolean not null default false
);

comment on table public.notifications is
  'Messages to the operators: one per pass of the monitor, sent to every channel.';
comment on column public.notifications.is_fanned_out is
  'Whether the dispatch function has made a delivery for each channel that it knows.';

create table private.notification_deliveries (
  notification_id bigint not null references public.notifications on delete cascade,
  channel text not null,
  status text not null default 'pending'
    constraint notification_deliveries_status_is_known check (status in ('pending', 'delivered', 'dead')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  error text,
  primary key (notification_id, channel)
);

comment on table private.notification_deliveries is
  'One message on one channel. A channel that fails is retried for a day.';

create index notification_deliveries_due on private.notification_deliveries (next_attempt_at) where status = 'pending';
create index notifications_new on public.notifications (id) where not is_fanned_out;

select private.deny_clients('{public.notifications,private.notification_deliveries}');

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

create function private.notify_operators(pass private.monitor_pass)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  lines text[];
begin
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
  ),
  notified as (
    update public.incidents set notified_level = news.level, is_resolution_notified = news.status = 'resolved'
    from news where incidents.id = news.id
    returning incidents.id
  )
  select array_agg(format('%s #%s %s%s%s (%s×)%s', change, id, kind,
      case when name is not null then ' of ' || name else '' end,
      case when subject <> '' and subject !~ '^[0-9a-f-]{36}$' then ' [' || subject || ']' else '' end, count,
      coalesce(
        ': ' || coalesce(details ->> 'meaning', details ->> 'detail', details ->> 'error', details ->> 'code'), ''))
    order by array_position(array['opened', 'escalated', 'resolved'], change), id)
  into lines
  from news;

  lines := coalesce(lines, '{}') || array(
    select format(
      'registered %1$s (%2$s): send /url %2$s to the bot, or select * from reveal_strategy(''%2$s'')', name, slug)
    from public.strategy_events
    join public.strategies on strategies.id = strategy_id
    where event = 'registered' and strategies.id is distinct from (select doctor.strategy_id from private.doctor)
      and occurred_at > private.earliest(notify_operators.pass)
      and private.is_new(recorded_in, notify_operators.pass)
    order by strategy_events.id);
  if lines <> '{}' then
    insert into public.notifications (text) values (array_to_string(lines, e'\n'));
  end if;
end;
$$;

comment on function private.notify_operators(private.monitor_pass) is
  'Writes one message about the incidents that opened, escalated or were resolved, and the strategies that were '
  'registered.';

create function public.claim_notifications(channels text[])
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
#variable_conflict use_column
declare
  claimed jsonb;
begin
  with taken_up as (
    update public.notifications set is_fanned_out = true
    where id in (select id from public.notifications where not is_fanned_out for update skip locked)
    returning id
  )
  insert into private.notification_deliveries (notification_id, channel)
  select id, channel from taken_up, unnest(claim_notifications.channels) as channel
  on conflict (notification_id, channel) do nothing;

  with leased as (
    update private.notification_deliveries set
      next_attempt_at = clock_timestamp() + interval '1 minute', attempts = attempts + 1
    where (notification_id, channel) in (
      select notification_id, channel from private.notification_deliveries
      where status = 'pending' and next_attempt_at <= clock_timestamp() and channel = any (claim_notifications.channels)
      for update skip locked
      limit 20)
    returning notification_id, channel, attempts
  )
  select jsonb_agg(
    jsonb_build_object('id', leased.notification_id, 'channel', channel, 'attempt', attempts, 'text', text)
    order by leased.notification_id)
  into claimed
  from leased join public.notifications on notifications.id = leased.notification_id;
  return coalesce(claimed, '[]');
end;
$$;

comment on function public.claim_notifications(text[]) is
  'Leases the messages that are due on these channels: [{id, channel, attempt, text}].';

create function public.settle_notification(id bigint, channel text, error text default null)
returns void
language sql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
  update private.notification_deliveries set
    status = case
      when settle_notification.error is null then 'delivered'
      when (select created_at from public.notifications where notifications.id = notification_id)
        < now() - interval '1 day' then 'dead'
      else 'pending' end,
    error = left(settle_notification.error, 300),
    next_attempt_at = clock_timestamp() + private.retry_delay(attempts)
  where notification_id = settle_notification.id and notification_deliveries.channel = settle_notification.channel;
$$;

comment on function public.settle_notification(bigint, text, text) is
  'Records a delivery, or the error: then the message is retried for a day.';

create function private.notification_due()
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (select from public.notifications where not is_fanned_out)
    or exists (
      select from private.notification_deliveries
      where status = 'pending' and next_attempt_at <= clock_timestamp());
$$;

comment on function private.notification_due() is 'Whether a message waits for the dispatch function.';

grant select on public.notifications to service_role;

revoke execute on function
  private.incident_level(bigint, bigint), private.notify_operators(private.monitor_pass),
  public.claim_notifications(text[]), public.settle_notification(bigint, text, text), private.notification_due()
from public, anon, authenticated, service_role;
grant execute on function
  public.claim_notifications(text[]), public.settle_notification(bigint, text, text)
to service_role;
