create function private.live_secrets(strategy_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object('id', secrets.id, 'secret', private.open_secret(secrets.vault_id))
    order by secrets.expires_at nulls first), '[]')
  from private.secrets
  where secrets.strategy_id is not distinct from live_secrets.strategy_id
    and (secrets.expires_at is null or secrets.expires_at > clock_timestamp());
$$;

comment on function private.live_secrets(uuid) is
  'Ids and texts of the live secrets of a strategy (null: the universal ones), the current one first. No text: Vault '
  'has lost it, or cannot decrypt it.';

create function private.current_secret(strategy_id uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select private.live_secrets(current_secret.strategy_id) #>> '{0,secret}';
$$;

comment on function private.current_secret(uuid) is
  'Returns the current secret of a strategy (null: the universal one); null if Vault cannot read it.';

create table private.secret_uses (
  secret_id uuid primary key,
  last_used_at timestamptz not null
);

comment on table private.secret_uses is
  'When each secret last authenticated an alert, to the minute. A table of its own, so that alerts never wait for a '
  'lock on the secrets.';

select private.deny_clients('{private.secret_uses}');

create function private.touch_secrets(secret_ids uuid[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  -- Skips those that were touched in the last minute or are being touched now; never waits.
  insert into private.secret_uses (secret_id, last_used_at)
  select distinct id, now() from unnest(touch_secrets.secret_ids) as id
  where not exists (
      select from private.secret_uses where secret_id = id and last_used_at > now() - interval '1 minute')
    and pg_try_advisory_xact_lock(hashtextextended('secret_use:' || id, 0))
  on conflict on constraint secret_uses_pkey do update set last_used_at = excluded.last_used_at;
end;
$$;

comment on function private.touch_secrets(uuid[]) is
  'Records the use of secrets, each at most once a minute.';

create function private.delete_secret_use()
returns trigger
language plpgsql
security definer -- only this trigger may delete the uses
set search_path = ''
as $$
begin
  delete from private.secret_uses where secret_id = old.id;
  return null;
end;
$$;

comment on function private.delete_secret_use() is 'After-row trigger: deletes the recorded use of a deleted secret.';

create trigger secrets_delete_use
  after delete on private.secrets
  for each row execute function private.delete_secret_use();

create function private.describe_secrets(strategy_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object('mask', mask, 'created_at', created_at, 'expires_at', expires_at, 'last_used_at', last_used_at)
      || case when private.open_secret(vault_id) is null then '{"unreadable": true}' else '{}' end::jsonb
    order by expires_at nulls first), '[]')
  from private.secrets
  left join private.secret_uses on secret_uses.secret_id = secrets.id
  where secrets.strategy_id is not distinct from describe_secrets.strategy_id
    and (expires_at is null or expires_at > clock_timestamp());
$$;

comment on function private.describe_secrets(uuid) is
  'Masks, ends and last uses of the live secrets of a strategy; null: of the universal ones. Those that Vault cannot '
  'decrypt are marked: unreadable.';

create function private.messages_of(slug text, out message text, out indicator_message text)
language sql
immutable
set search_path = ''
as $$
  -- Numbers are quoted: a value that is not replaced, or is NaN, must not break the JSON.
  select
    format('{
  "strategy": %s,
  "action": "{{strategy.order.action}}",
  "symbol": "{{exchange}}:{{ticker}}",
  "quantity": "{{strategy.order.contracts}}",
  "price": "{{strategy.order.price}}",
  "market_position": "{{strategy.market_position}}",
  "market_position_size": "{{strategy.market_position_size}}",
  "prev_market_position": "{{strategy.prev_market_position}}",
  "prev_market_position_size": "{{strategy.prev_market_position_size}}",
  "order_id": "{{strategy.order.id}}",
  "interval": "{{interval}}",
  "time": "{{time}}",
  "timenow": "{{timenow}}"
}', to_json(messages_of.slug)),
    format('{
  "strategy": %s,
  "action": "enter_long",
  "symbol": "{{exchange}}:{{ticker}}",
  "price": "{{close}}",
  "interval": "{{interval}}",
  "timenow": "{{timenow}}"
}', to_json(messages_of.slug));
$$;

comment on function private.messages_of(text) is
  'Returns what is pasted into TradingView as an alert''s message: on a strategy, and on an indicator, which has no '
  'strategy.… placeholders, so that each alert names its own action (tradingview.com/support 43000531021).';

create function public.reveal_strategy(slug text)
returns table (
  name text, dedicated_url text, universal_url text, secret text, token text, universal_token text, message text,
  indicator_message text)
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
    private.url_token(universal.secret),
    messages.message,
    messages.indicator_message
  from private.strategy_called(reveal_strategy.slug) as strategy,
    private.current_secret(strategy.id) as own (secret), private.current_secret(null) as universal (secret),
    private.messages_of(strategy.slug) as messages;
$$;

comment on function public.reveal_strategy(text) is
  'Returns what connects a strategy (by slug, name or alias), ready to paste: URLs, messages for TradingView''s alerts '
  'on a strategy and on an indicator, its secret. For operators: only postgres and service_role may call it.';

create function public.show_universal(reveal boolean default false)
returns jsonb
language sql
stable
security definer -- reads secrets from Vault
set search_path = ''
as $$
  select jsonb_build_object('functions_url', private.functions_url(), 'secrets', private.describe_secrets(null))
    || case when reveal then
      jsonb_build_object('secret', secret, 'token', private.url_token(secret)) else '{}' end
  from private.current_secret(null) as current (secret);
$$;

comment on function public.show_universal(boolean) is
  'Returns the public base URL and the masks of the live universal secrets; with reveal also the current secret and '
  'its token.';

revoke execute on function
  private.live_secrets(uuid), private.current_secret(uuid), private.touch_secrets(uuid[]), private.delete_secret_use(),
  private.describe_secrets(uuid), private.messages_of(text),
  public.reveal_strategy(text), public.show_universal(boolean)
from public, anon, authenticated, service_role;
grant execute on function
  public.reveal_strategy(text), public.show_universal(boolean)
to service_role;
