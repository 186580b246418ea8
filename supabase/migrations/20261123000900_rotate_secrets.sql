create table private.previous_tokens (
  id bigint generated always as identity primary key,
  strategy_id uuid,
  token_digest text not null,
  ended_at timestamptz not null default now()
);

comment on table private.previous_tokens is
  'SHA-256 of former URL tokens, which separates senders with an outdated URL from guessers. Kept for 90 days.';

create index previous_tokens_strategy_id on private.previous_tokens (strategy_id, ended_at desc);

select private.deny_clients('{private.previous_tokens}');

create function private.keep_previous_token()
returns trigger
language plpgsql
security definer -- reads Vault
set search_path = ''
as $$
begin
  insert into private.previous_tokens (strategy_id, token_digest)
  select old.strategy_id, encode(sha256(private.url_token(secret)::bytea), 'hex')
  from private.open_secret(old.vault_id) as secret where secret is not null;
  return null;
end;
$$;

comment on function private.keep_previous_token() is
  'After-row trigger: keeps the digest of a deleted secret''s token. Runs before the secret leaves Vault.';

create trigger secrets_100_keep_previous_token
  after delete on private.secrets
  for each row execute function private.keep_previous_token();

create function private.previous_tokens_of(strategy_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(token_digest), '[]')
  from (
    select token_digest from private.previous_tokens
    where previous_tokens.strategy_id is not distinct from previous_tokens_of.strategy_id
    order by ended_at desc limit 5) as last;
$$;

comment on function private.previous_tokens_of(uuid) is
  'Digests of the latest former tokens of a strategy; null: the universal ones.';

create function private.rotate(strategy_id uuid, overlap_seconds integer)
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  mask text;
begin
  perform private.lock_catalog();
  if exists (
    select from private.secrets
    where secrets.strategy_id is not distinct from rotate.strategy_id and expires_at > clock_timestamp()
      and private.open_secret(vault_id) is not null
  ) then
    return 'rotation_in_progress';
  end if;

  mask := private.store_secret(
    rotate.strategy_id, null, make_interval(secs => coalesce(rotate.overlap_seconds, 86400)));
  perform private.renew_unreadable_routes(rotate.strategy_id);
  if rotate.strategy_id is null then
    update public.router_settings set webhook_secret = mask where singleton;
  else
    update public.strategies set webhook_secret = mask where id = rotate.strategy_id;
  end if;
  return 'rotated';
end;
$$;

comment on function private.rotate(uuid, integer) is
  'Makes a new secret, also where Vault cannot read the previous one; then it ends, and routes whose secret cannot '
  'be read get a new one too. Returns rotated, or rotation_in_progress if two are live.';

create function public.rotate_secret(name text, overlap_seconds integer default 86400, actor text default null)
returns text
language plpgsql
volatile
security definer -- secrets are private
set search_path = ''
as $$
begin
  perform private.declare_actor(rotate_secret.actor);
  return private.rotate((private.strategy_called(rotate_secret.name)).id, rotate_secret.overlap_seconds);
end;
$$;

comment on function public.rotate_secret(text, integer, text) is
  'Makes a new secret for a strategy; the previous one stays live for the overlap. Returns rotated, or '
  'rotation_in_progress if two are live.';

create function public.rotate_universal_secret(overlap_seconds integer default 86400, actor text default null)
returns text
language plpgsql
volatile
security definer -- secrets are private
set search_path = ''
as $$
begin
  perform private.declare_actor(rotate_universal_secret.actor);
  return private.rotate(null, rotate_universal_secret.overlap_seconds);
end;
$$;

comment on function public.rotate_universal_secret(integer, text) is
  'Makes a new universal secret; the previous one stays live for the overlap. Returns rotated, or '
  'rotation_in_progress if two are live.';

create function private.revoke_previous_secret(strategy_id uuid)
returns boolean
language sql
volatile
set search_path = ''
as $$
  with ended as (
    delete from private.secrets
    where secrets.strategy_id is not distinct from revoke_previous_secret.strategy_id and expires_at is not null
    returning expires_at
  )
  -- A secret whose overlap was over was not live.
  select coalesce(bool_or(expires_at > clock_timestamp()), false) from ended;
$$;

comment on function private.revoke_previous_secret(uuid) is
  'Revokes the previous secret of a strategy (null: the universal one); false if none was live.';

create function public.revoke_old_secret(slug text, actor text default null)
returns boolean
language plpgsql
volatile
security definer -- secrets are private
set search_path = ''
as $$
declare
  strategy public.strategies := private.strategy_called(revoke_old_secret.slug);
begin
  perform private.declare_actor(revoke_old_secret.actor);
  -- Moves the versions, so that every isolate drops its cache.
  update public.strategies set updated_at = now() where id = strategy.id;
  return private.revoke_previous_secret(strategy.id);
end;
$$;

comment on function public.revoke_old_secret(text, text) is
  'Revokes the previous secret of a strategy at once, in every isolate; false if none was live.';

create function public.revoke_old_universal_secret(actor text default null)
returns boolean
language plpgsql
volatile
security definer -- secrets are private
set search_path = ''
as $$
begin
  perform private.declare_actor(revoke_old_universal_secret.actor);
  update public.router_settings set updated_at = now() where singleton;
  return private.revoke_previous_secret(null);
end;
$$;

comment on function public.revoke_old_universal_secret(text) is
  'Revokes the previous universal secret at once, in every isolate; false if none was live.';

revoke execute on function
  private.keep_previous_token(), private.previous_tokens_of(uuid), private.rotate(uuid, integer),
  public.rotate_secret(text, integer, text), public.rotate_universal_secret(integer, text),
  private.revoke_previous_secret(uuid), public.revoke_old_secret(text, text), public.revoke_old_universal_secret(text)
from public, anon, authenticated, service_role;
grant execute on function
  public.rotate_secret(text, integer, text), public.rotate_universal_secret(integer, text),
  public.revoke_old_secret(text, text), public.revoke_old_universal_secret(text)
to service_role;
