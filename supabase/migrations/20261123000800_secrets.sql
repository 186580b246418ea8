create table private.secrets (
  id uuid primary key default gen_random_uuid(),
  -- Deferred: the secret is made before the row of its strategy exists.
  strategy_id uuid references public.strategies on delete cascade deferrable initially deferred,
  vault_id uuid not null unique,
  mask text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz
);

comment on table private.secrets is
  'The live secrets and their ends; the texts are in Vault. strategy_id null: the universal secret. expires_at null: '
  'the current secret.';

create unique index secrets_one_current_per_strategy on private.secrets (strategy_id)
  nulls not distinct where expires_at is null;
create index secrets_strategy_id on private.secrets (strategy_id);

select private.deny_clients('{private.secrets}');

create function private.secret_bytes(secret text)
returns bytea
language plpgsql
immutable
set search_path = ''
as $$
declare
  bytes bytea;
begin
  if secret !~ '^whsec_[A-Za-z0-9+/]+={0,2}$' then
    return null;
  end if;
  bytes := decode(substr(secret, 7), 'base64');
  -- Functions accept only the canonical spelling of a key.
  return case when translate(encode(bytes, 'base64'), E'\n', '') = substr(secret, 7) then bytes end;
exception when invalid_parameter_value then
  return null;
end;
$$;

comment on function private.secret_bytes(text) is
  'Returns the key behind a Standard Webhooks secret (whsec_<canonical base64>); null if the text is no such secret.';

create function private.url_token(secret text)
returns text
language sql
immutable
set search_path = ''
as $$
  select translate(encode(extensions.hmac(
    'dai-webhooks url token v1'::bytea, private.secret_bytes(url_token.secret), 'sha256'), 'base64'), '+/=', '-_');
$$;

comment on function private.url_token(text) is
  'Derives the token for URLs from the secret, so that a leaked URL does not allow signing. credential.ts derives it '
  'alike.';

create function private.secret_mask(secret text)
returns text
language sql
immutable
set search_path = ''
as $$
  select 'whsec_…' || right(rtrim(secret_mask.secret, '='), 4);
$$;

comment on function private.secret_mask(text) is 'Returns the form in which a secret may be shown.';

create function private.store_secret(strategy_id uuid, given text, overlap interval default '24 hours')
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  new_id uuid := gen_random_uuid();
  secret text := coalesce(given, private.new_secret());
  strategy_slug text := (select slug from public.strategies where strategies.id = store_secret.strategy_id);
begin
  if coalesce(length(private.secret_bytes(secret)), 0) < 32 then
    raise exception 'Cannot use this secret: it must be whsec_ followed by at least 32 bytes in base64'
      using errcode = 'check_violation', hint = 'Clear the cell to get a new one.';
  end if;

  -- No sender can use what cannot be decrypted: it must not keep a new one from being made.
  delete from private.secrets
  where secrets.strategy_id is not distinct from store_secret.strategy_id
    and (expires_at <= clock_timestamp() or private.open_secret(vault_id) is null);

  if exists (
    select from private.secrets
    where secrets.strategy_id is not distinct from store_secret.strategy_id and expires_at is not null
  ) then
    raise exception 'Cannot rotate: two secrets are live'
      using errcode = 'object_in_use', hint = case
        when store_secret.strategy_id is null
        then 'Revoke the previous one first: select revoke_old_universal_secret();'
        else format('Revoke the previous one first: select revoke_old_secret(%L);', strategy_slug) end;
  end if;

  update private.secrets set expires_at = clock_timestamp() + store_secret.overlap
  where secrets.strategy_id is not distinct from store_secret.strategy_id;

  insert into private.secrets (id, strategy_id, vault_id, mask)
  values (
    new_id,
    store_secret.strategy_id,
    vault.create_secret(secret, 'webhook_secret:' || new_id),
    private.secret_mask(secret));
  return private.secret_mask(secret);
end;
$$;

comment on function private.store_secret(uuid, text, interval) is
  'Makes a new secret, or the given one, the current one and returns its mask. The previous secret stays live for the '
  'overlap.';

create function private.current_mask(strategy_id uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select mask from private.secrets
  where secrets.strategy_id is not distinct from current_mask.strategy_id and expires_at is null;
$$;

comment on function private.current_mask(uuid) is 'Mask of the current secret of a strategy; null: the universal one.';

create function private.store_typed_secret()
returns trigger
language plpgsql
security definer -- operators may write the column, and only this trigger Vault
set search_path = ''
as $$
declare
  owner_id uuid := case tg_table_name when 'strategies' then (to_jsonb(new) ->> 'id')::uuid end;
begin
  if new.webhook_secret is distinct from private.current_mask(owner_id) then
    new.webhook_secret := private.store_secret(owner_id, nullif(trim(new.webhook_secret), ''));
  end if;
  return new;
end;
$$;

comment on function private.store_typed_secret() is
  'Before-row trigger of the column webhook_secret: moves a typed secret to Vault, makes a new secret for an empty '
  'cell, and ignores the mask.';

create trigger strategies_200_store_typed_secret
  before insert or update of webhook_secret on public.strategies
  for each row execute function private.store_typed_secret();

create trigger router_settings_200_store_typed_secret
  before insert or update of webhook_secret on public.router_settings
  for each row execute function private.store_typed_secret();

create function private.delete_vault_secret()
returns trigger
language plpgsql
security definer -- only this trigger may delete from Vault
set search_path = ''
as $$
begin
  delete from vault.secrets where secrets.id = old.vault_id;
  return null;
end;
$$;

comment on function private.delete_vault_secret() is
  'After-row trigger: deletes the text of a deleted secret from Vault.';

create trigger secrets_delete_from_vault
  after delete on private.secrets
  for each row execute function private.delete_vault_secret();

-- The triggers are in place: this row makes the universal secret.
insert into public.router_settings default values;

revoke execute on function
  private.secret_bytes(text), private.url_token(text), private.secret_mask(text),
  private.store_secret(uuid, text, interval), private.current_mask(uuid), private.store_typed_secret(),
  private.delete_vault_secret()
from public, anon, authenticated, service_role;
