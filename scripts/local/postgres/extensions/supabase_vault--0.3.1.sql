-- Local stand-in for Supabase Vault 0.3: the same functions, columns and grants. Secrets are really encrypted (AES from
-- pgcrypto) with a key in a file outside the database, as in the real one: `postgres`, who may read every table, finds only
-- ciphertext.

do $$
begin
  execute format(
    'copy (select encode(extensions.gen_random_bytes(32), ''hex'')) to %L',
    current_setting('data_directory') || '/vault.key'
  );
end;
$$;

create function vault.stand_in_key()
returns bytea
language sql
stable
security definer -- only a superuser may read the server's files
set search_path = ''
as $$
  select decode(trim(pg_read_file('vault.key'), e'\n'), 'hex')
$$;

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default extensions.gen_random_bytes(16),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;

-- The additional data (the secret's id) is sealed in front of the text, so that rows cannot be swapped.
create function vault._crypto_aead_det_encrypt(
  message bytea,
  additional bytea,
  key_id bigint,
  context bytea default 'pgsodium',
  nonce bytea default null
)
returns bytea
language sql
stable
security definer -- callers may not have the key
set search_path = ''
as $$
  select extensions.encrypt_iv(
    extensions.digest(additional, 'sha256') || message, vault.stand_in_key(), nonce, 'aes-cbc/pad:pkcs'
  )
$$;

create function vault._crypto_aead_det_decrypt(
  message bytea,
  additional bytea,
  key_id bigint,
  context bytea default 'pgsodium',
  nonce bytea default null
)
returns bytea
language plpgsql
stable
security definer -- callers may not have the key
set search_path = ''
as $$
declare
  opened bytea := extensions.decrypt_iv(message, vault.stand_in_key(), nonce, 'aes-cbc/pad:pkcs');
begin
  if substr(opened, 1, 32) is distinct from extensions.digest(additional, 'sha256') then
    raise exception 'Cannot decrypt secret: it was sealed for another row';
  end if;
  return substr(opened, 33);
end;
$$;

create view vault.decrypted_secrets as
select
  secrets.id,
  secrets.name,
  secrets.description,
  secrets.secret,
  convert_from(
    vault._crypto_aead_det_decrypt(
      message => decode(secrets.secret, 'base64'),
      additional => convert_to(secrets.id::text, 'utf8'),
      key_id => 0,
      nonce => secrets.nonce
    ),
    'utf8'
  ) as decrypted_secret,
  secrets.key_id,
  secrets.nonce,
  secrets.created_at,
  secrets.updated_at
from vault.secrets;

create function vault.create_secret(
  new_secret text,
  new_name text default null,
  new_description text default '',
  new_key_id uuid default null
)
returns uuid
language plpgsql
security definer -- callers may not write vault.secrets
set search_path = ''
as $$
declare
  secret_id uuid := gen_random_uuid();
  new_nonce bytea := extensions.gen_random_bytes(16);
begin
  insert into vault.secrets (id, name, description, nonce, secret)
  values (
    secret_id,
    new_name,
    new_description,
    new_nonce,
    encode(vault._crypto_aead_det_encrypt(
      message => convert_to(new_secret, 'utf8'),
      additional => convert_to(secret_id::text, 'utf8'),
      key_id => 0,
      nonce => new_nonce
    ), 'base64')
  );
  return secret_id;
end;
$$;

create function vault.update_secret(
  secret_id uuid,
  new_secret text default null,
  new_name text default null,
  new_description text default null,
  new_key_id uuid default null
)
returns void
language plpgsql
security definer -- callers may not write vault.secrets
set search_path = ''
as $$
begin
  update vault.secrets
  set
    secret = case
      when new_secret is null then secrets.secret
      else encode(vault._crypto_aead_det_encrypt(
        message => convert_to(new_secret, 'utf8'),
        additional => convert_to(secrets.id::text, 'utf8'),
        key_id => 0,
        nonce => secrets.nonce
      ), 'base64')
    end,
    name = coalesce(new_name, secrets.name),
    description = coalesce(new_description, secrets.description),
    updated_at = now()
  where secrets.id = secret_id;
end;
$$;

revoke execute on all functions in schema vault from public;
grant usage on schema vault to postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to postgres with grant option;
grant execute on function vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt
  to postgres with grant option;
grant usage on schema vault to service_role;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
grant execute on function vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt to service_role;

select pg_extension_config_dump('vault.secrets', '');
