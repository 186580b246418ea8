-- A key that opens the metrics and nothing else, for a scraper that should not hold the secret key. Its text is in
-- Vault, so that it can be shown again.

create function private.make_metrics_key()
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  made constant text := 'mk_' || translate(encode(extensions.gen_random_bytes(32), 'base64'), '+/=', '-_');
  known constant uuid := (select id from vault.secrets where name = 'metrics_key');
begin
  if known is null then
    perform vault.create_secret(made, 'metrics_key', 'Opens GET /provision/metrics, and nothing else.');
  else
    perform vault.update_secret(known, made);
  end if;
  insert into public.strategy_events (event) values ('metrics_key_made');
  return made;
end;
$$;

comment on function private.make_metrics_key() is 'Makes a new key, which takes the place of the old one at once.';

select private.make_metrics_key();

create function public.read_metrics_key()
returns text
language sql
stable
security definer -- reads Vault
set search_path = ''
as $$
  select private.open_secret(id) from vault.secrets where name = 'metrics_key';
$$;

comment on function public.read_metrics_key() is
  'Returns the key that opens the metrics; null if Vault has lost it, or cannot decrypt it.';

create function public.rotate_metrics_key(actor text default null)
returns text
language plpgsql
volatile
security definer -- writes to Vault
set search_path = ''
as $$
begin
  perform private.declare_actor(rotate_metrics_key.actor);
  return private.make_metrics_key();
end;
$$;

comment on function public.rotate_metrics_key(text) is
  'Makes a new key for the metrics, and returns it. The old one ends at once.';

create function public.find_metrics_key(key_digests text[])
returns text[]
language sql
stable
security definer -- reads Vault
set search_path = ''
as $$
  select array(
    select digest from unnest(key_digests) as digest
    where digest = encode(sha256(convert_to(public.read_metrics_key(), 'utf8')), 'hex'));
$$;

comment on function public.find_metrics_key(text[]) is
  'Returns which of these SHA-256 digests, in hex, is that of the key that opens the metrics.';

revoke execute on function
  private.make_metrics_key(), public.read_metrics_key(), public.rotate_metrics_key(text),
  public.find_metrics_key(text[])
from public, anon, authenticated, service_role;
grant execute on function
  public.read_metrics_key(), public.rotate_metrics_key(text), public.find_metrics_key(text[])
to service_role;
