-- Last, and nothing depends on it: a database without pg_cron still takes alerts.
create extension if not exists pg_cron with schema pg_catalog;
create extension if not exists pg_net with schema extensions;

select cron.schedule('webhooks-partitions', '10 0 * * *', $$
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
select cron.schedule('webhooks-retention', '40 * * * *', 'select private.forget_old()');
select cron.schedule('webhooks-tidy-queues', '* * * * *', 'select private.tidy_queues()');
select cron.schedule('webhooks-cron-history', '20 * * * *',
  $$delete from cron.job_run_details where end_time < now() - interval '1 day'$$);
