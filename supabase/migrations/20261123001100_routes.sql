create type public.route_kind as enum ('queue', 'function', 'http');

create table public.routes (
  id uuid primary key default gen_random_uuid(),
  strategy_id uuid references public.strategies on delete cascade,
  kind public.route_kind not null default 'queue',
  target text not null,
  enabled boolean not null default true,
  disabled_at timestamptz,
  is_gone boolean not null default false,
  actions text[]
    constraint routes_actions_are_known
      check (actions <@ '{buy,sell,exit,cancel,hold}' and array_position(actions, null) is null),
  intents text[]
    constraint routes_intents_are_known check (
      intents <@ ('{open_long,open_short,add_long,add_short,reduce_long,reduce_short,close_long,close_short,close,'
        || 'reverse_to_long,reverse_to_short}')::text[]
      and array_position(intents, null) is null),
  symbols text[],
  min_confidence numeric
    constraint routes_min_confidence_between_0_and_1 check (min_confidence between 0 and 1),
  send_secret_key boolean not null default false
    constraint routes_send_secret_key_to_functions_only check (not send_secret_key or kind = 'function'),
  created_at timestamptz not null default now(),
  constraint routes_target_once_per_strategy unique nulls not distinct (strategy_id, kind, target),
  -- pgmq allows 47 characters: https://github.com/pgmq/pgmq
  constraint routes_queue_name_has_1_to_47_lower_case_characters
    check (kind <> 'queue' or target ~ '^[a-z0-9_]{1,47}$'),
  constraint routes_function_name_has_letters_digits_hyphens
    check (kind <> 'function' or target ~ '^[A-Za-z0-9_-]{1,64}$'),
  -- Forbidden hosts are refused where names can be resolved: at registration and at delivery.
  constraint routes_http_target_is_a_url
    check (kind <> 'http'
      or (target ~ '^https?://[^/@[:space:]]+(/([^[:space:]]*[^[:space:]…])?)?$' and length(target) <= 2048))
);

comment on table public.routes is
  'Where signals go. A strategy gets a queue when it is registered, unless its registration names other routes. '
  'Deleting a route cancels what waits for it; its queue stays, with what is in it.';
comment on column public.routes.strategy_id is 'The strategy whose signals it gets; empty = every strategy.';
comment on column public.routes.kind is
  'queue: a pgmq queue for workers · function: an edge function of this project · http: a URL.';
comment on column public.routes.target is 'Name of the queue or function, or the URL.';
comment on column public.routes.actions is
  'Only these actions; empty = all. buy and sell also take those that close; exit takes all that closes or reduces.';
comment on column public.routes.intents is
  'Only what does this to a position (open_long, close_short, …); empty = all.';
comment on column public.routes.symbols is 'Only these symbols (SYM or EXCHANGE:SYM); empty = all.';
comment on column public.routes.min_confidence is 'Only signals at least this confident, 0 to 1; empty = all.';
comment on column public.routes.send_secret_key is
  'Also send the project''s secret key in the apikey header, for functions that ask for it. Off: deliveries are '
  'signed and carry no key.';
comment on column public.routes.enabled is 'Off: new signals are not sent on it, and those that wait expire.';
comment on column public.routes.disabled_at is 'Since when it is off; empty: it is on.';
comment on column public.routes.is_gone is
  'The router turned it off, because its target answered 410 three times in a row. Turn it on once that is mended.';

create index routes_enabled on public.routes (strategy_id) where enabled;

select private.deny_clients('{public.routes}');

create function private.queue_exists(queue text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select to_regclass(format('pgmq.%I', 'q_' || queue_exists.queue)) is not null;
$$;

comment on function private.queue_exists(text) is 'Whether pgmq has a queue of this name.';

create function private.make_queue()
returns trigger
language plpgsql
security definer -- pgmq belongs to postgres
set search_path = ''
as $$
begin
  if not private.queue_exists(new.target) then
    perform pgmq.create(new.target);
    perform private.deny_clients(array[
      format('pgmq.%I', 'q_' || new.target)::regclass,
      format('pgmq.%I', 'a_' || new.target)::regclass]);
  end if;
  return null;
end;
$$;

comment on function private.make_queue() is 'After-row trigger: makes the queue of a queue route.';

create trigger routes_make_queue
  after insert or update of kind, target on public.routes
  for each row when (new.kind = 'queue') execute function private.make_queue();

create function private.declare_default_queue(is_wanted boolean)
returns void
language sql
volatile
set search_path = ''
as $$
  select set_config('webhooks.default_queue', declare_default_queue.is_wanted::text, true);
$$;

comment on function private.declare_default_queue(boolean) is
  'Says whether the strategies that this transaction registers from now on get a queue of their own.';

create function private.add_default_route()
returns trigger
language plpgsql
security definer -- registering a strategy makes its queue, whoever registers it
set search_path = ''
as $$
declare
  base text := replace(new.slug, '-', '_');
  queue text := base;
  place integer := 1;
begin
  if current_setting('webhooks.default_queue', true) = 'false' then
    return null;
  end if;
  -- Never shares a queue of another strategy, or one made by hand, by accident.
  while private.queue_exists(queue) loop
    place := place + 1;
    queue := base || '_' || place;
  end loop;
  insert into public.routes (strategy_id, kind, target) values (new.id, 'queue', queue);
  return null;
end;
$$;

comment on function private.add_default_route() is
  'After-insert trigger: gives a strategy a queue of its own, unless its registration does without. It is named after '
  'the first slug and never renamed.';

create trigger strategies_add_default_route
  after insert on public.strategies
  for each row execute function private.add_default_route();

create table private.route_secrets (
  route_id uuid primary key references public.routes on delete cascade,
  vault_id uuid not null unique
);

comment on table private.route_secrets is
  'Secrets that sign the deliveries of a route (Standard Webhooks), so that the target can verify the sender. The '
  'texts are in Vault.';

select private.deny_clients('{private.route_secrets}');

create function private.make_route_secret()
returns trigger
language plpgsql
security definer -- only this trigger reaches Vault
set search_path = ''
as $$
begin
  insert into private.route_secrets (route_id, vault_id)
  values (new.id, vault.create_secret(
    private.new_secret(), 'route_secret:' || new.id))
  on conflict (route_id) do nothing;
  return null;
end;
$$;

comment on function private.make_route_secret() is
  'After-row trigger: makes the secret of a route that is delivered over HTTP.';

create trigger routes_make_secret
  after insert or update of kind on public.routes
  for each row when (new.kind <> 'queue') execute function private.make_route_secret();

create trigger route_secrets_delete_from_vault
  after delete on private.route_secrets
  for each row execute function private.delete_vault_secret();

create function private.route_secret(route_id uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select private.open_secret(vault_id)
  from private.route_secrets where route_secrets.route_id = route_secret.route_id;
$$;

comment on function private.route_secret(uuid) is
  'Returns the secret that signs a route''s deliveries; null for queues, and if Vault cannot read it.';

grant select on public.routes to service_role;

revoke execute on function
  private.queue_exists(text), private.make_queue(), private.declare_default_queue(boolean),
  private.add_default_route(), private.make_route_secret(), private.route_secret(uuid)
from public, anon, authenticated, service_role;
