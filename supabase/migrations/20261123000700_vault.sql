create function private.open_secret(vault_id uuid)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return (select decrypted_secret from vault.decrypted_secrets where id = open_secret.vault_id);
exception
  -- Encrypted under another root key than Vault has now.
  when data_exception or raise_exception or system_error or internal_error or external_routine_exception
    or external_routine_invocation_exception
  then
    return null;
end;
$$;

comment on function private.open_secret(uuid) is
  'Returns a secret of Vault; null if it is not there or cannot be decrypted, so that only what needs it fails.';

create function private.is_unreadable(vault_id uuid)
returns boolean
language sql
stable
set search_path = ''
as $$
  select private.open_secret(is_unreadable.vault_id) is null;
$$;

comment on function private.is_unreadable(uuid) is 'Whether Vault has lost a secret, or cannot decrypt it.';

create function private.new_secret()
returns text
language sql
volatile
set search_path = ''
as $$
  select 'whsec_' || encode(extensions.gen_random_bytes(32), 'base64');
$$;

comment on function private.new_secret() is 'Makes the text of a new secret.';

revoke execute on function private.open_secret(uuid), private.is_unreadable(uuid), private.new_secret()
from public, anon, authenticated, service_role;
