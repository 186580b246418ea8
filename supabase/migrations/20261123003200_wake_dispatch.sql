create function private.dispatch_due()
returns boolean
language sql
stable
set search_path = ''
as $$
  -- Looks no further than the first route that has one.
  select exists (
    select from private.waiting_routes(clock_timestamp()) as waiting
    cross join lateral private.route_heads(waiting.route_id, 1, clock_timestamp()) as head_id
    where is_open and in_flight < case when is_failing then 1 else private.max_per_route() end);
$$;

comment on function private.dispatch_due() is 'Whether a worker may deliver a dispatch now.';

create function private.make_wake_key()
returns void
language sql
volatile
set search_path = ''
as $$
  select vault.create_secret(encode(extensions.gen_random_bytes(32), 'hex'), 'dispatch_wake_key',
    'Lets cron wake the dispatch function, and nothing else.')
  where not exists (select from vault.secrets where name = 'dispatch_wake_key');
$$;

comment on function private.make_wake_key() is
  'Makes the wake key unless there is one. Run it again if Vault has lost the key.';

select private.make_wake_key();

create function public.read_wake_key()
returns text
language sql
stable
security definer -- reads Vault
set search_path = ''
as $$
  select private.open_secret(id) from vault.secrets where name = 'dispatch_wake_key';
$$;

comment on function public.read_wake_key() is
  'Returns the key that lets cron wake the dispatch function; null if Vault has lost it, or cannot decrypt it.';

create function private.renew_unreadable_wake_key()
returns void
language sql
volatile
set search_path = ''
as $$
  select vault.update_secret(id, encode(extensions.gen_random_bytes(32), 'hex'))
  from vault.secrets where name = 'dispatch_wake_key' and private.open_secret(id) is null;
$$;

comment on function private.renew_unreadable_wake_key() is
  'Makes a new wake key if Vault cannot decrypt it: nobody but cron and the dispatch function uses it.';

create function private.wake_dispatch()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  internal_url text := (select internal_url from public.router_settings);
begin
  -- Here too, in case no worker claims.
  perform private.expire_dispatches(5000);
  perform private.end_gone_routes(5000);

  if internal_url is null and exists (select from public.routes where kind <> 'queue' and enabled) then
    perform private.open_incident('dispatch_unwired', null, '', jsonb_build_object(
      'remedy', 'Call provision once, or set router_settings.internal_url'));
    return;
  end if;
  update public.incidents set status = 'resolved' where kind = 'dispatch_unwired' and status <> 'resolved';

  if internal_url is not null and (private.dispatch_due() or private.notification_due()) then
    perform private.renew_unreadable_wake_key();
    perform net.http_post(
      url := internal_url || '/dispatch',
      headers := jsonb_build_object('content-type', 'application/json', 'apikey', public.read_wake_key()),
      body := jsonb_build_object('notify', private.notification_due()),
      timeout_milliseconds := 5000);
  end if;
end;
$$;

comment on function private.wake_dispatch() is
  'Wakes the dispatch function if a dispatch or a notification is due; run every 5 seconds by cron.';

revoke execute on function
  private.dispatch_due(), private.make_wake_key(), public.read_wake_key(), private.renew_unreadable_wake_key(),
  private.wake_dispatch()
from public, anon, authenticated, service_role;
grant execute on function public.read_wake_key() to service_role;
