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
select cron.schedule('webhooks-ended-secrets', '5-59/10 * * * *',
  'delete from private.secrets where expires_at < now()');
select cron.schedule('webhooks-wake-dispatch', '5 seconds', 'select private.wake_dispatch()');
-- Each step in a transaction of its own. Not a procedure: one that commits cannot set its search_path.
select cron.schedule('webhooks-release-held', '5 seconds', $$
  do $steps$
  declare
    strategy_id uuid;
  begin
    while private.expire_held() loop
      commit;
    end loop;
    commit;
    for strategy_id in select private.strategies_with_held() loop
      while private.release_held(strategy_id) loop
        commit;
      end loop;
      commit;
    end loop;
  end;
  $steps$
$$);
-- Each watch is a job of its own. pg_cron opens a connection for each, and too many at the start of a minute time out:
-- jobs of different periods seldom start together.
select cron.schedule('webhooks-watch-auth-failures', '47 seconds', $$select private.run_watch('auth_failures')$$);
select cron.schedule('webhooks-watch-refusals', '53 seconds', $$select private.run_watch('refusals')$$);
select cron.schedule('webhooks-watch-storms', '51 seconds', $$select private.run_watch('storms')$$);
select cron.schedule('webhooks-watch-silence', '59 seconds', $$select private.run_watch('silence')$$);
select cron.schedule('webhooks-watch-positions', '49 seconds', $$select private.run_watch('positions')$$);
select cron.schedule('webhooks-watch-backlog', '43 seconds', $$select private.run_watch('backlog')$$);
select cron.schedule('webhooks-watch-old-secrets', '58 seconds', $$select private.run_watch('old_secrets')$$);
select cron.schedule('webhooks-watch-workers', '54 seconds', $$select private.run_watch('workers')$$);
select cron.schedule('webhooks-watch-resolution', '57 seconds', $$select private.run_watch('resolution')$$);
select cron.schedule('webhooks-watch-watches', '37 seconds', $$select private.run_watch('watches')$$);
select cron.schedule('webhooks-watch-notification', '41 seconds', $$select private.run_watch('notification')$$);
select cron.schedule('webhooks-count', '56 seconds', $$
  do $steps$
  begin
    while private.count_new() and clock_timestamp() < statement_timestamp() + interval '40 seconds' loop
      commit;
    end loop;
  end;
  $steps$
$$);
select cron.schedule('webhooks-retention', '8-59/10 * * * *', $$
  do $do$
  begin
    while private.delete_expired() and clock_timestamp() < statement_timestamp() + interval '45 seconds' loop
      commit;
    end loop;
  end;
  $do$
$$);
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
select cron.schedule('webhooks-archives', '*/5 * * * *',
  'select private.empty_archives(now() - audit_retention) from public.router_settings');
-- A run that was interrupted by a restart has no end.
select cron.schedule('webhooks-cron-history', '20 * * * *',
  $$delete from cron.job_run_details
    where coalesce(end_time, start_time) < now() - interval '1 day'
      and jobid in (select jobid from cron.job where jobname like 'webhooks-%')$$);
