-- Puts another project's secrets into this one's Vault, and lets the router run: docs/operate.md. Run it with psql, in
-- the folder of secrets.csv.
\set ON_ERROR_STOP on
begin;

create temporary table moved (id uuid primary key, name text not null, secret text not null) on commit drop;
\copy moved from secrets.csv with (format csv)

update private.secrets set vault_id = vault.create_secret(moved.secret, moved.name)
from moved where moved.id = secrets.vault_id;
update private.route_secrets set vault_id = vault.create_secret(moved.secret, moved.name)
from moved where moved.id = route_secrets.vault_id;

do $$
declare
  name regclass;
begin
  for name in
    select format('%I.%I', schemaname, tablename)::regclass from pg_policies where policyname = 'deny_clients'
  loop
    execute format('alter table %s enable trigger user', name);
  end loop;
end;
$$;

-- Queues were made by hand: they get the protection that those of the router have.
select private.deny_clients(array(
  select distinct table_name::regclass
  from public.routes
  cross join unnest(array['q_', 'a_']) as prefix
  cross join to_regclass(format('pgmq.%I', prefix || target)) as table_name
  where kind = 'queue' and table_name is not null and not exists (
    select from pg_policy where polrelid = table_name and polname = 'deny_clients')));

-- Those of the other project: the first call of `provision` notes this one's.
update public.router_settings set detected_url = null, internal_url = null;
select private.make_wake_key();
do $$
begin
  perform cron.alter_job(jobid, active => true) from cron.job where jobname like 'webhooks-%';
end;
$$;

commit;
