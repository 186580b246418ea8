-- What the tests of the local stack call. Run as `postgres`, like every migration.
create extension if not exists pg_cron with schema pg_catalog;
create extension if not exists pg_net with schema extensions;
create extension if not exists pgmq;
create extension if not exists pgtap with schema extensions;

create table public.notes (id integer primary key, body text not null);
grant select, insert on public.notes to service_role;

create function public.add(a integer, b integer default 2)
returns integer
language sql
immutable
set search_path = ''
as $$
  select a + b
$$;

create function public.add_note(id integer, body text)
returns public.notes
language sql
set search_path = ''
as $$
  insert into public.notes values (id, body) returning *
$$;

create function public.list_rows(count integer)
returns table (place integer)
language sql
stable
set search_path = ''
as $$
  select generate_series(1, count)
$$;

create function public.do_nothing()
returns void
language sql
set search_path = ''
as $$
  select
$$;

create function public.keep_body(jsonb)
returns jsonb
language sql
set search_path = ''
as $$
  select $1
$$;

create function public.keep_text(text)
returns text
language sql
set search_path = ''
as $$
  select $1
$$;

create function public.add_notes(ids integer[])
returns setof public.notes
language sql
set search_path = ''
as $$
  insert into public.notes select unnest(ids), 'one of many' returning *
$$;

create function public.count_notes()
returns bigint
language sql
stable
set search_path = ''
as $$
  select count(*) from public.notes
$$;

create function public.who_calls()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'user', current_user,
    'role', current_setting('request.jwt.claims')::jsonb ->> 'role',
    'path', current_setting('request.path'),
    'header', current_setting('request.headers')::jsonb ->> 'x-test',
    'timeout', current_setting('statement_timeout')
  )
$$;

create function public.write_in_stable()
returns void
language sql
stable
set search_path = ''
as $$
  select public.add_note(99, 'no')
$$;

create function public.sleep_long()
returns void
language sql
set search_path = ''
set statement_timeout = '100ms'
as $$
  select pg_catalog.pg_sleep(9)
$$;

create function public.refuse(code text, message text, detail text default '')
returns void
language plpgsql
set search_path = ''
as $$
begin
  raise exception using errcode = code, message = message, detail = detail, hint = 'A hint';
end;
$$;

create function public.for_operators()
returns integer
language sql
set search_path = ''
as $$
  select 1
$$;
revoke execute on function public.for_operators from public;
grant execute on function public.for_operators to service_role;

create function public.queue_message(name text)
returns bigint
language sql
security definer -- service_role has no rights in pgmq, as on the platform
set search_path = ''
as $$
  select pgmq.create(name);
  select pgmq.send(name, '{"a": 1}'::jsonb, 0::integer)
$$;

-- Statements that pg_safeupdate refuses, and some that it does not.
create table public.tallies (id integer primary key, total integer not null);
create table public.tally_log (id integer);
insert into public.tallies values (1, 0), (2, 0), (3, 0);
grant select, insert, update, delete on public.tallies, public.tally_log to service_role;

create function public.clear_log()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  delete from public.tally_log;
  return null;
end;
$$;
create trigger tally_log_is_cleared
after insert on public.tally_log
for each row execute function public.clear_log();

create function public.read_tallies()
returns setof public.tallies
language sql
stable
set search_path = ''
as $$
  select * from public.tallies where id < 3 order by id
$$;

create function public.update_all()
returns void
language sql
set search_path = ''
as $$
  update public.tallies set total = total + 1
$$;

create function public.update_one(id integer)
returns integer
language sql
set search_path = ''
as $$
  update public.tallies set total = total + 1
  where tallies.id = update_one.id
  returning total
$$;

create function public.update_all_as_owner()
returns void
language plpgsql
security definer -- what is refused is refused to the owner as well
set search_path = ''
as $$
begin
  update public.tallies set total = total + 1;
end;
$$;

create function public.delete_all()
returns integer
language plpgsql
set search_path = ''
as $$
begin
  delete from public.tallies using public.notes;
  return 1;
end;
$$;

create function public.delete_in_with()
returns bigint
language sql
set search_path = ''
as $$
  with gone as (delete from public.tallies returning id)
  select count(*) from gone
$$;

create function public.update_by_name(name text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  execute format('update public.%I set total = total + 1', name);
end;
$$;

create function public.log_tally()
returns void
language sql
set search_path = ''
as $$
  insert into public.tally_log values (1)
$$;

create function public.update_all_and_fail()
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.tallies set total = total + 1;
  raise exception 'A later error';
end;
$$;

create function public.say_like_a_tree()
returns integer
language plpgsql
set search_path = ''
as $$
begin
  raise warning 'UPDATE requires a WHERE clause';
  raise log 'parse tree:' using detail = '{QUERY :commandType 2 :cteList <> :jointree {FROMEXPR :quals <>}}';
  return 1;
end;
$$;

-- Counts tries, also those that are rolled back.
create sequence public.tries;
grant usage, select on sequence public.tries to service_role;

create function public.conflict_twice()
returns integer
language plpgsql
set search_path = ''
as $$
begin
  if nextval('public.tries') % 3 <> 0 then
    raise exception 'Another was faster' using errcode = '40001';
  end if;
  return 1;
end;
$$;

create function public.deadlock_always()
returns integer
language plpgsql
set search_path = ''
as $$
begin
  perform nextval('public.tries');
  raise exception 'Both wait' using errcode = '40P01';
end;
$$;

create function public.count_tries()
returns bigint
language sql
set search_path = ''
as $$
  select last_value from public.tries
$$;
