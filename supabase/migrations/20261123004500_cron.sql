-- Last, because nothing depends on it: a database without pg_cron still accepts alerts.
do $$
begin
  -- Not `if not exists`: the platform's after-create script for pg_cron may drop other applications' jobs.
  if not exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    create extension pg_cron with schema pg_catalog;
  end if;
  if not exists (select from pg_catalog.pg_extension where extname = 'pg_net') then
    create extension pg_net with schema extensions;
  end if;
end;
$$;

select cron.schedule('webhooks-partitions', '10 * * * *', $$
  select private.maintain_partitions('webhook_requests', 'received_at'),
    private.maintain_partitions('dispatch_attempts', 'started_at')
$$);
select cron.schedule('webhooks-dedupe-keys', '*/10 * * * *',
  $$delete from private.dedupe_keys where (strategy_id, kind, value) in (
    select strategy_id, kind, value from private.dedupe_keys where expires_at < now() for update skip locked)$$);
select cron.schedule('webhooks-ended-secrets', '*/10 * * * *',
  'delete from private.secrets where expires_at < now()');
select cron.schedule('webhooks-wake-dispatch', '5 seconds', 'select private.wake_dispatch()');
select cron.schedule('webhooks-release-held', '5 seconds', 'select private.release_all_held()');
select cron.schedule('webhooks-monitor', '* * * * *', 'select private.monitor()');
select cron.schedule('webhooks-retention', '*/10 * * * *', 'select private.delete_expired()');
select cron.schedule('webhooks-old-partitions', '50 * * * *', 'select private.drop_old_partition()');
-- Each step commits; what is left after 50 seconds has the next run.
select cron.schedule('webhooks-reap-queues', '* * * * *', $job$
  do $$
  declare
    queue text;
  begin
    foreach queue in array private.known_queues() loop
      while private.reap_queue(queue) > 0 and clock_timestamp() < statement_timestamp() + interval '50 seconds' loop
        commit;
      end loop;
      commit;
    end loop;
  end;
  $$
$job$);
-- A run that was interrupted by a restart has no end.
select cron.schedule('webhooks-cron-history', '20 * * * *',
  $$delete from cron.job_run_details
    where coalesce(end_time, start_time) < now() - interval '1 day'
      and jobid in (select jobid from cron.job where jobname like 'webhooks-%')$$);
select cron.schedule('webhooks-archives', '*/5 * * * *',
  'select private.empty_archives(now() - audit_retention) from public.router_settings');
