-- `public` holds what operators see and what functions call; `private` is everything else.
-- Nobody may run or read anything unless a migration below says so.

create extension if not exists pgcrypto with schema extensions;
create extension if not exists supabase_vault with schema vault;
create extension if not exists pgmq;

create schema private;
comment on schema private is 'Internals of the alert router. Never exposed to the Data API.';

alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;

create function private.deny_clients(tables regclass[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  guarded regclass;
begin
  foreach guarded in array deny_clients.tables loop
    execute format('alter table %s enable row level security', guarded);
    execute format(
      'create policy deny_clients on %s as restrictive for all to anon, authenticated using (false) with check (false)',
      guarded);
  end loop;
end;
$$;

comment on function private.deny_clients(regclass[]) is
  'Turns row level security on and denies everything to anon and authenticated: the second lock behind the missing grants.';

create function private.actor()
returns text
language sql
stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('webhooks.actor', true), ''), session_user::text);
$$;

comment on function private.actor() is
  'Who is changing something: what provision or the bot declared for this transaction, else the database login.';

create function private.declare_actor(actor text)
returns void
language sql
volatile
set search_path = ''
as $$
  select set_config('webhooks.actor', coalesce(declare_actor.actor, ''), true);
$$;

comment on function private.declare_actor(text) is 'Who acts in this transaction, for the audit.';

create function private.forbid_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'Cannot % %', lower(tg_op), tg_table_name
    using errcode = 'restrict_violation';
end;
$$;

comment on function private.forbid_change() is 'Refuses what a table must never see, whoever asks.';
