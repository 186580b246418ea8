-- Local stand-in for pg_cron 1.6: the same tables, functions and grants. scripts/local/platform/cron.ts runs the jobs; a
-- notification wakes it on every change.

create schema cron;

create sequence cron.jobid_seq;
create table cron.job (
  jobid bigint primary key default nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport integer not null default inet_server_port(),
  database text not null default current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);
alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);

create sequence cron.runid_seq;
create table cron.job_run_details (
  jobid bigint,
  runid bigint primary key default nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

create function cron.stand_in_notify()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform pg_notify('stand_in_cron', '');
  return null;
end;
$$;
create trigger stand_in_notify
  after insert or update or delete or truncate on cron.job
  for each statement execute function cron.stand_in_notify();

create function cron.stand_in_check_schedule(schedule text)
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  if schedule ~ '^\s*([1-9]|[1-5][0-9]) seconds?\s*$'
    or schedule ~ '^\s*@(yearly|annually|monthly|weekly|daily|midnight|hourly)\s*$'
    or schedule ~* '^\s*([0-9a-z*,/$-]+\s+){4}[0-9a-z*,/-]+\s*$'
  then
    return;
  end if;
  raise exception 'invalid schedule: %', schedule
    using hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
end;
$$;

-- pg_cron's C code writes cron.job for the caller. Here a definer function does; the public functions pass the caller's name.
create function cron.stand_in_schedule(caller name, job_name text, schedule text, command text)
returns bigint
language plpgsql
security definer -- callers may not write cron.job
set search_path = ''
as $$
declare
  job_id bigint;
begin
  perform cron.stand_in_check_schedule(schedule);
  insert into cron.job (jobname, schedule, command, username)
  values (job_name, stand_in_schedule.schedule, stand_in_schedule.command, caller)
  on conflict on constraint jobname_username_uniq
    do update set schedule = excluded.schedule, command = excluded.command
  returning job.jobid into job_id;
  return job_id;
end;
$$;

create function cron.stand_in_unschedule(caller name, job_id bigint, job_name text)
returns boolean
language plpgsql
security definer -- callers may not write cron.job
set search_path = ''
as $$
begin
  delete from cron.job
  where job.username = caller and (job.jobid = job_id or job.jobname = job_name);
  if not found then
    raise exception 'could not find valid entry for job %', coalesce('''' || job_name || '''', job_id::text);
  end if;
  return true;
end;
$$;

create function cron.stand_in_alter(caller name, job_id bigint, schedule text, command text, active boolean)
returns void
language plpgsql
security definer -- callers may not write cron.job
set search_path = ''
as $$
begin
  if schedule is not null then
    perform cron.stand_in_check_schedule(schedule);
  end if;
  update cron.job
  set
    schedule = coalesce(stand_in_alter.schedule, job.schedule),
    command = coalesce(stand_in_alter.command, job.command),
    active = coalesce(stand_in_alter.active, job.active)
  where job.username = caller and job.jobid = job_id;
  if not found then
    raise exception 'Job % does not exist or you don''t own it', job_id;
  end if;
end;
$$;

create function cron.schedule(job_name text, schedule text, command text)
returns bigint
language sql
set search_path = ''
as $$
  select cron.stand_in_schedule(current_user, job_name, schedule, command)
$$;

create function cron.schedule(schedule text, command text)
returns bigint
language sql
set search_path = ''
as $$
  select cron.stand_in_schedule(current_user, null, schedule, command)
$$;

create function cron.unschedule(job_id bigint)
returns boolean
language sql
set search_path = ''
as $$
  select cron.stand_in_unschedule(current_user, job_id, null)
$$;

create function cron.unschedule(job_name text)
returns boolean
language sql
set search_path = ''
as $$
  select cron.stand_in_unschedule(current_user, null, job_name)
$$;

-- One database, one user: `database` and `username` are accepted but ignored.
create function cron.alter_job(
  job_id bigint,
  schedule text default null,
  command text default null,
  database text default null,
  username text default null,
  active boolean default null
)
returns void
language sql
set search_path = ''
as $$
  select cron.stand_in_alter(current_user, job_id, schedule, command, active)
$$;

grant usage on schema cron to postgres with grant option;
grant all on all functions in schema cron to postgres with grant option;
grant all on all tables in schema cron to postgres with grant option;
grant all on all sequences in schema cron to postgres with grant option;
revoke all on table cron.job from postgres;
grant select on table cron.job to postgres with grant option;
