create table private.strategy_names (
  name_key text primary key,
  -- Deferred: names are reserved before their row exists, so that the next row of the same statement sees them.
  strategy_id uuid not null references public.strategies on delete cascade deferrable initially deferred
);

comment on table private.strategy_names is
  'All names, slugs and aliases in lower case, in one namespace, so that the name in an alert identifies one strategy.';

create index strategy_names_strategy_id on private.strategy_names (strategy_id);

select private.deny_clients('{private.strategy_names}');

create function private.trim_name(name text)
returns text
language sql
immutable
set search_path = ''
as $$
  select regexp_replace(trim_name.name, format('^%1$s+|%1$s+$', space), '', 'g')
  from (values ('[\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]')) as of_javascript (space);
$$;

comment on function private.trim_name(text) is
  'Removes white space from both ends, as JavaScript does with the names in alerts; trim removes blanks only.';

create function private.slugify(name text)
returns text
language sql
immutable
set search_path = ''
as $$
  -- Accents are removed first; then `DynamicGold` is split once, after its first word.
  with folded (name) as (
    select regexp_replace(normalize(slugify.name, nfd), '[\u0300-\u036f]', '', 'g')
  ),
  split (name) as (
    select regexp_replace(name, '^([A-Z][a-z0-9]+)([A-Z])', '\1-\2') from folded
  )
  select coalesce(
    nullif(trim('-' from left(trim('-' from regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g')), 40)), ''),
    'strategy')
  from split;
$$;

comment on function private.slugify(text) is 'Makes a slug of a name: DynamicGoldBreakout → dynamic-goldbreakout.';

create function private.free_slug(name text)
returns text
language plpgsql
volatile -- must see the names of earlier rows of the same statement
set search_path = ''
as $$
declare
  base text := private.slugify(free_slug.name);
  candidate text := base;
  place integer := 1;
begin
  while exists (select from private.strategy_names where name_key = candidate) loop
    place := place + 1;
    candidate := rtrim(left(base, 40 - length('-' || place)), '-') || '-' || place;
  end loop;
  return candidate;
end;
$$;

comment on function private.free_slug(text) is 'Makes a slug of a name, with -2, -3 … appended if it is taken.';

create function private.fill_strategy()
returns trigger
language plpgsql
security definer -- reads the namespace, on which operators have no right
set search_path = ''
as $$
begin
  -- This trigger also runs for rows that `on conflict do nothing` drops: they must not rotate a secret.
  if tg_op = 'INSERT' and exists (select from public.strategies where id = new.id) then
    raise exception 'Cannot register a strategy twice: its id is taken' using errcode = 'unique_violation';
  end if;

  new.name := private.trim_name(new.name);
  -- Studio sends an empty text for an empty cell.
  if coalesce(private.trim_name(new.slug), '') = '' then
    new.slug := case tg_op when 'UPDATE' then old.slug else private.free_slug(new.name) end;
  end if;

  if tg_op = 'UPDATE' then
    -- Senders may still use the former name: it stays an alias, so that no live alert breaks.
    new.aliases := new.aliases || array[old.name, old.slug];
    new.version := old.version + 1;
    new.updated_at := now();
  end if;

  new.aliases := array(
    select min(alias)
    from (
      select private.trim_name(alias) as alias, place
      from unnest(new.aliases) with ordinality as given (alias, place)) as trimmed
    where alias <> '' and lower(alias) not in (lower(new.name), new.slug)
    group by lower(alias)
    order by min(place));
  return new;
end;
$$;

comment on function private.fill_strategy() is 'Before-row trigger: sets slug, aliases and version.';

create function private.reserve_strategy_names()
returns trigger
language plpgsql
security definer -- only this trigger may write the namespace
set search_path = ''
as $$
declare
  wanted text[] := array(
    select distinct lower(given) from unnest(array[new.name, new.slug] || new.aliases) as given);
  taken record;
begin
  select strategy_names.name_key, strategies.name into taken
  from private.strategy_names
  join public.strategies on strategies.id = strategy_names.strategy_id
  where strategy_names.name_key = any (wanted) and strategy_names.strategy_id <> new.id
  limit 1;

  if found then
    raise exception 'Cannot use "%": it is a name, slug or alias of strategy "%"', taken.name_key, taken.name
      using errcode = 'unique_violation', constraint = 'strategy_names_pkey';
  end if;

  delete from private.strategy_names where strategy_id = new.id and not name_key = any (wanted);
  insert into private.strategy_names (name_key, strategy_id)
  select unnest(wanted), new.id
  on conflict (name_key) do nothing;
  return new;
end;
$$;

comment on function private.reserve_strategy_names() is
  'Before-row trigger: keeps the namespace. Two transactions cannot reserve one name, because each has locked the '
  'catalog before.';

create trigger strategies_100_fill
  before insert or update on public.strategies
  for each row execute function private.fill_strategy();

create trigger strategies_300_reserve_names
  before insert or update on public.strategies
  for each row execute function private.reserve_strategy_names();

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

comment on function private.strategy_called(text) is
  'Returns the strategy with this name, slug or alias; raises if there is none.';

revoke execute on function
  private.trim_name(text), private.slugify(text), private.free_slug(text), private.fill_strategy(),
  private.reserve_strategy_names(), private.strategy_called(text)
from public, anon, authenticated, service_role;
