-- Empties a project that was just deployed, so that another's dump can be restored into it: docs/operate.md. Run it
-- with psql; `finish.sql` follows the restore. Nothing of the router runs in between.
\set ON_ERROR_STOP on
begin;

do $$
begin
  if exists (select from public.webhook_requests) or exists (select from public.signals) then
    raise exception 'This project has received alerts already' using hint = 'Restore into one that was just deployed.';
  end if;
end;
$$;

do $$
begin
  perform cron.alter_job(jobid, active => false) from cron.job where jobname like 'webhooks-%';
end;
$$;

do $$
declare
  tables text := (
    select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_policies where policyname = 'deny_clients');
  name regclass;
begin
  for name in select unnest(string_to_array(tables, ', '))::regclass loop
    execute format('alter table %s disable trigger user', name);
  end loop;
  execute 'truncate ' || tables;
end;
$$;

-- Their texts come along with the other project's.
delete from vault.secrets where name ~ '^(webhook|route)_secret:';

commit;
