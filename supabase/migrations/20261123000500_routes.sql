create type public.route_kind as enum ('queue', 'function', 'http');

create table public.routes (
  id uuid primary key default gen_random_uuid(),
  strategy_id uuid references public.strategies on delete cascade,
  kind public.route_kind not null default 'queue',
  target text not null
    constraint routes_target_is_not_empty check (target <> ''),
  enabled boolean not null default true,
  created_at timestamptz not null default now(),
  constraint routes_target_once_per_strategy unique nulls not distinct (strategy_id, kind, target),
  -- pgmq allows 47 characters: https://github.com/pgmq/pgmq
  constraint routes_queue_name_has_1_to_47_lower_case_characters
    check (kind <> 'queue' or target ~ '^[a-z0-9_]{1,47}$')
);

comment on table public.routes is 'Where signals go. Every strategy has its queue from birth; disable it rather than delete it.';
comment on column public.routes.strategy_id is 'Whose signals; empty = every strategy''s.';
comment on column public.routes.kind is 'queue: a pgmq queue for workers · function: an edge function of this project · http: a URL.';
comment on column public.routes.target is 'Name of the queue or function, or the URL.';

create index routes_enabled on public.routes (strategy_id) where enabled;

select private.deny_clients('{public.routes}');

create function private.make_queue()
returns trigger
language plpgsql
security definer -- pgmq belongs to postgres
set search_path = ''
as $$
begin
  if to_regclass(format('pgmq.%I', 'q_' || new.target)) is null then
    perform pgmq.create(new.target);
    perform private.deny_clients(array[
      format('pgmq.%I', 'q_' || new.target)::regclass,
      format('pgmq.%I', 'a_' || new.target)::regclass]);
  end if;
  return null;
end;
$$;

comment on function private.make_queue() is 'After-row trigger: a queue route has its queue.';

create trigger routes_make_queue
  after insert or update of target on public.routes
  for each row when (new.kind = 'queue') execute function private.make_queue();

create function private.add_default_route()
returns trigger
language plpgsql
security definer -- whoever may register a strategy gets its queue
set search_path = ''
as $$
declare
  base text := replace(new.slug, '-', '_');
  queue text := base;
  place integer := 1;
begin
  -- Another strategy's queue, or one made by hand, is never shared by accident.
  while to_regclass(format('pgmq.%I', 'q_' || queue)) is not null loop
    place := place + 1;
    queue := base || '_' || place;
  end loop;
  insert into public.routes (strategy_id, kind, target) values (new.id, 'queue', queue);
  return null;
end;
$$;

comment on function private.add_default_route() is
  'After-insert trigger: every strategy has a queue of its own, named after its first slug and fixed.';

create trigger strategies_add_default_route
  after insert on public.strategies
  for each row execute function private.add_default_route();

grant select on public.routes to service_role;
