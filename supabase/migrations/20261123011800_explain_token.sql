create function public.explain_token(digest text)
returns jsonb
language sql
stable
security definer -- reads secrets from Vault
set search_path = ''
as $$
  with owner as (
    select strategy_id,
      case when expires_at is null then 'current' when expires_at > clock_timestamp() then 'old' else 'ended' end
        as state,
      expires_at as ends_at
    from private.secrets
    where encode(sha256(private.url_token(private.open_secret(vault_id))::bytea), 'hex') = explain_token.digest
    union all
    select strategy_id, 'ended', ended_at from private.previous_tokens where token_digest = explain_token.digest
  )
  select coalesce(jsonb_agg(
    jsonb_build_object('strategy', slug, 'is_universal', owner.strategy_id is null, 'state', state, 'ends_at', ends_at)
    order by ends_at desc nulls first), '[]')
  from owner
  left join public.strategies on strategies.id = owner.strategy_id;
$$;

comment on function public.explain_token(text) is
  'Returns whose a URL''s token is, by its SHA-256 in hex, so that no token stands in a statement: [{strategy, '
  'is_universal, state, ends_at}]; state: current, old (valid until ends_at), or ended (rotated away).';

revoke execute on function public.explain_token(text) from public, anon, authenticated, service_role;
grant execute on function public.explain_token(text) to service_role;
