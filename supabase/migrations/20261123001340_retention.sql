create function private.forget_old()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  settings public.router_settings := (select router_settings from public.router_settings);
  rows_at_once constant integer := 10000;
  partition regclass;
begin
  update public.webhook_requests set raw_body = null
  where (id, received_at) in (
    select id, received_at from public.webhook_requests
    where raw_body is not null and received_at < now() - settings.raw_body_retention
    limit rows_at_once);

  -- A whole month at once, where all of it is too old.
  for partition in
    select inhrelid::regclass from pg_catalog.pg_inherits
    where inhparent in ('public.webhook_requests'::regclass, 'public.dispatch_attempts'::regclass)
      and inhrelid::regclass::text ~ '_\d{4}_\d{2}$'
      and to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM') + interval '1 month' < now() - settings.audit_retention
  loop
    execute format('drop table %s', partition);
  end loop;

  delete from private.ended_tokens where ended_at < now() - interval '90 days';
  delete from public.signals where id in (
    select id from public.signals where received_at < now() - settings.audit_retention limit rows_at_once);
  delete from public.queue_outcomes where id in (
    select id from public.queue_outcomes where settled_at < now() - settings.audit_retention limit rows_at_once);
  delete from public.auth_failures where id in (
    select id from public.auth_failures where bucket_start < now() - settings.audit_retention limit rows_at_once);
  delete from public.webhook_overflow where bucket_start < now() - settings.audit_retention;
  delete from public.incidents where status = 'resolved' and last_seen_at < now() - settings.audit_retention;
  delete from public.notifications where created_at < now() - settings.audit_retention;
  delete from public.strategy_events where occurred_at < now() - settings.audit_retention;
end;
$$;

comment on function private.forget_old() is
  'Deletes by age, in batches: raw bodies after raw_body_retention, the rest after audit_retention. Run hourly by cron.';

revoke execute on function private.forget_old() from public, anon, authenticated, service_role;
