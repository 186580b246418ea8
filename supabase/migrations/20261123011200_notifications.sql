create table public.notifications (
  id bigint generated always as identity primary key,
  created_at timestamptz not null default now(),
  text text not null,
  private_text text,
  is_fanned_out boolean not null default false
);

comment on table public.notifications is
  'Messages to the operators: at most three per pass of the monitor, sent to every channel.';
comment on column public.notifications.private_text is
  'The same with evidence, an excerpt of the alert among it, for chats that only one person reads; empty: as text.';
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
    jsonb_build_object('id', leased.notification_id, 'channel', channel, 'attempt', attempts, 'text', text,
      'private_text', private_text)
    order by leased.notification_id)
  into claimed
  from leased join public.notifications on notifications.id = leased.notification_id;
  return coalesce(claimed, '[]');
end;
$$;

comment on function public.claim_notifications(text[]) is
  'Leases the messages that are due on these channels: [{id, channel, attempt, text, private_text}].';

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
  public.claim_notifications(text[]), public.settle_notification(bigint, text, text), private.notification_due()
from public, anon, authenticated, service_role;
grant execute on function
  public.claim_notifications(text[]), public.settle_notification(bigint, text, text)
to service_role;
