-- Last, and nothing depends on it: a database without pg_cron still takes alerts.
create extension if not exists pg_cron with schema pg_catalog;

select cron.schedule('webhooks-request-partitions', '10 0 * * *', 'select private.maintain_request_partitions()');
select cron.schedule('webhooks-dedupe-keys', '*/10 * * * *',
  'delete from private.dedupe_keys where expires_at < now()');
select cron.schedule('webhooks-ended-secrets', '*/10 * * * *',
  'delete from private.secrets where expires_at < now()');
