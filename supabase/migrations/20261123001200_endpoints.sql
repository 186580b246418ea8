create function private.functions_url()
returns text
language sql
stable
set search_path = ''
as $$
  select coalesce(functions_url, detected_url) from public.router_settings;
$$;

comment on function private.functions_url() is
  'Public base URL of the functions; null until an operator set it or a function told it.';

create view public.strategy_endpoints
with (security_invoker = true)
as
select
  strategies.name,
  strategies.slug,
  strategies.status,
  coalesce(settings.functions_url, settings.detected_url) || '/webhook/' || strategies.slug as url
from public.strategies, public.router_settings as settings;

comment on view public.strategy_endpoints is
  'Dedicated address of every strategy, without its token: select * from reveal_strategy(''slug'') shows it ready to use. url is empty until provision was called once (Postgres cannot know its project''s URL) or router_settings.functions_url is set.';

revoke all on public.strategy_endpoints from public, anon, authenticated, service_role;
grant select on public.strategy_endpoints to service_role;

create function private.strategy_called(name text)
returns public.strategies
language plpgsql
stable
set search_path = ''
as $$
declare
  strategy public.strategies;
begin
  select strategies.* into strategy
  from private.strategy_names
  join public.strategies on strategies.id = strategy_names.strategy_id
  where strategy_names.name_key = lower(strategy_called.name);

  if not found then
    raise exception 'No strategy is called "%"', strategy_called.name
      using errcode = 'no_data_found', hint = 'select name, slug from strategies;';
  end if;
  return strategy;
end;
$$;

comment on function private.strategy_called(text) is 'The strategy of this name, slug or alias; raises if there is none.';

create function public.reveal_strategy(slug text)
returns table (
  name text, dedicated_url text, universal_url text, secret text, token text, universal_token text)
language sql
stable
security definer -- reads secrets from Vault
set search_path = ''
as $$
  select
    strategy.name,
    coalesce(private.functions_url(), '<call provision once, or set router_settings.functions_url>')
      || '/webhook/' || strategy.slug || '?token=' || private.url_token(own.secret),
    coalesce(private.functions_url(), '<call provision once, or set router_settings.functions_url>')
      || '/webhook?token=' || private.url_token(universal.secret),
    own.secret,
    private.url_token(own.secret),
    private.url_token(universal.secret)
  from private.strategy_called(reveal_strategy.slug) as strategy,
    lateral (select private.live_secrets(strategy.id) #>> '{0,secret}') as own (secret),
    lateral (select private.live_secrets(null) #>> '{0,secret}') as universal (secret);
$$;

comment on function public.reveal_strategy(text) is
  'Ready-to-use URLs and the secret of a strategy (by slug, name or alias). For operators: postgres and service_role only.';

create function private.end_old_secret(strategy_id uuid)
returns boolean
language sql
volatile
set search_path = ''
as $$
  with ended as (
    delete from private.secrets
    where secrets.strategy_id is not distinct from end_old_secret.strategy_id and expires_at is not null
    returning expires_at
  )
  -- One that had ended by itself was not live.
  select coalesce(bool_or(expires_at > clock_timestamp()), false) from ended;
$$;

comment on function private.end_old_secret(uuid) is 'Ends the secret before the current one; false if there was none.';

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
  -- Moves the versions, so that every function drops what it cached.
  update public.strategies set updated_at = now() where id = strategy.id;
  return private.end_old_secret(strategy.id);
end;
$$;

comment on function public.revoke_old_secret(text, text) is
  'Ends a rotated strategy''s old secret now, everywhere; false if none was live.';

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
  return private.end_old_secret(null);
end;
$$;

comment on function public.revoke_old_universal_secret(text) is
  'Ends the old universal secret now, everywhere; false if none was live.';

revoke execute on function
  private.functions_url(), private.strategy_called(text), public.reveal_strategy(text), private.end_old_secret(uuid),
  public.revoke_old_secret(text, text), public.revoke_old_universal_secret(text)
from public, anon, authenticated, service_role;
grant execute on function
  public.reveal_strategy(text), public.revoke_old_secret(text, text), public.revoke_old_universal_secret(text)
to service_role;
