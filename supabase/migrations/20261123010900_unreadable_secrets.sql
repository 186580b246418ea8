-- What Vault cannot read: the database was restored without the root key that it had, or moved without its secrets.

create function private.find_unreadable_secrets()
returns text[]
language sql
stable
set search_path = ''
as $$
  select array(
    select 'universal secret' from private.secrets
    where strategy_id is null and expires_at is null and private.is_unreadable(vault_id)
    union all
    select 'secret of strategy ' || slug
    from private.secrets
    join public.strategies on strategies.id = secrets.strategy_id
    where expires_at is null and status <> 'archived' and private.is_unreadable(vault_id)
    union all
    select 'signing secret of route ' || private.route_label(kind, target)
    from private.route_secrets
    join public.routes on routes.id = route_secrets.route_id
    where private.is_unreadable(vault_id));
$$;

comment on function private.find_unreadable_secrets() is
  'Names the secrets that Vault has lost, or cannot decrypt. The wake key is not among them: it is renewed by itself.';

create function private.renew_unreadable_routes(strategy_id uuid)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  route_ids constant uuid[] := array(
    select routes.id
    from private.route_secrets
    join public.routes on routes.id = route_secrets.route_id
    where routes.strategy_id is not distinct from renew_unreadable_routes.strategy_id
      and private.is_unreadable(vault_id));
begin
  -- Made anew: there is nothing to change where Vault has lost it.
  delete from private.route_secrets where route_id = any (route_ids);
  insert into private.route_secrets (route_id, vault_id)
  select id, vault.create_secret(private.new_secret(), 'route_secret:' || id) from unnest(route_ids) as id;
end;
$$;

comment on function private.renew_unreadable_routes(uuid) is
  'Makes new secrets for those routes of a strategy (null: of every strategy) whose secret Vault cannot read.';

create function private.watch_unreadable_secrets()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  secrets constant text[] := private.find_unreadable_secrets();
begin
  if secrets = '{}' then
    update public.incidents set status = 'resolved' where kind = 'unreadable_secrets' and status <> 'resolved';
  else
    perform private.open_incident('unreadable_secrets', null, '', jsonb_build_object(
        'secrets', to_jsonb(secrets[1:10]),
        'meaning', format('Vault cannot read the %s: restore its root key, or rotate them',
          array_to_string(secrets[1:3], ', the ') || case when cardinality(secrets) > 3 then ' …' else '' end)),
      cardinality(secrets), is_measure => true);
  end if;
end;
$$;

comment on function private.watch_unreadable_secrets() is
  'unreadable_secrets: the database was restored without Vault''s root key, or moved without its secrets. One incident '
  'for all of them.';

revoke execute on function
  private.find_unreadable_secrets(), private.renew_unreadable_routes(uuid), private.watch_unreadable_secrets()
from public, anon, authenticated, service_role;
