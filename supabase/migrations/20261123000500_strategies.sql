-- Enums, because Studio offers their values in the columns that operators edit. Other closed sets are checks.
create type public.strategy_status as enum ('active', 'paused', 'exits_only', 'archived');
create type public.strategy_routing as enum ('universal', 'dedicated', 'both');
create type public.auth_method as enum ('token', 'hmac', 'jwt');
create type public.over_limit as enum ('hold', 'reject');
create type public.dedupe_by as enum ('body', 'external_id');
create type public.strategy_sides as enum ('both', 'long_only', 'short_only');

create table public.strategies (
  id uuid primary key default gen_random_uuid(),
  name text not null
    constraint strategies_name_has_1_to_100_printable_characters
      check (length(name) between 1 and 100 and name !~ '[[:cntrl:]]'),
  slug text not null default ''
    constraint strategies_slug_unique unique
    constraint strategies_slug_is_lower_case_words_joined_by_hyphens
      check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 40),
  status public.strategy_status not null default 'active',
  routing public.strategy_routing not null default 'both',
  auth_methods public.auth_method[] not null default '{token,hmac,jwt}'
    constraint strategies_auth_methods_hold_no_null check (array_position(auth_methods, null) is null),
  webhook_secret text not null default '',
  aliases text[] not null default '{}',
  allowed_ips cidr[] not null default '{}',
  rate_limit_per_minute integer default 1000
    constraint strategies_rate_limit_per_minute_positive check (rate_limit_per_minute > 0),
  over_limit public.over_limit not null default 'hold',
  shared_routes boolean not null default true,
  dedupe_by public.dedupe_by not null default 'body',
  dedupe_window interval not null default '30 seconds'
    constraint strategies_dedupe_window_between_0_and_1_day check (dedupe_window between '0' and '1 day'),
  max_signal_age interval not null default '5 minutes'
    constraint strategies_max_signal_age_positive check (max_signal_age > '0'),
  max_exit_age interval not null default '24 hours'
    constraint strategies_max_exit_age_positive check (max_exit_age > '0'),
  sides public.strategy_sides not null default 'both',
  max_alert_lag interval
    constraint strategies_max_alert_lag_positive check (max_alert_lag > '0'),
  expected_every interval
    constraint strategies_expected_every_positive check (expected_every > '0'),
  expected_calendar jsonb,
  jwks jsonb
    constraint strategies_jwks_is_a_key_set
      check (jwks is null or coalesce(jsonb_typeof(jwks -> 'keys') = 'array', false)),
  payload_schema jsonb
    constraint strategies_payload_schema_is_an_object check (jsonb_typeof(payload_schema) = 'object'),
  thresholds jsonb
    constraint strategies_thresholds_are_known_and_positive check (
      jsonb_typeof(thresholds) = 'object' and thresholds - '{auth_failures,alert_storm}'::text[] = '{}'
      and not jsonb_path_exists(thresholds, '$.* ? (!(@ > 0))')),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

comment on table public.strategies is
  'The catalog of trading algorithms. Type a name to register one: the slug, the secret and the queue are made for '
  'it, and select * from reveal_strategy(''slug'') shows its URLs.';
comment on column public.strategies.name is 'The name that senders and operators use. A changed name stays an alias.';
comment on column public.strategies.slug is
  'The name in URLs; made from the name if left empty. A changed slug stays an alias.';
comment on column public.strategies.status is
  'active: signals are sent on · exits_only: only what closes or reduces a position is sent on · paused: signals are '
  'recorded, not sent on, closes neither · archived: its senders are refused.';
comment on column public.strategies.routing is 'Endpoints that accept its alerts in phase hybrid.';
comment on column public.strategies.auth_methods is
  'Credentials it accepts: token (in the URL), hmac (signed), jwt. An empty list accepts nothing.';
comment on column public.strategies.webhook_secret is
  'Shown as a mask; the secret itself is in Vault. Clear the cell to rotate it, or write a new one (whsec_, at least '
  '32 bytes).';
comment on column public.strategies.aliases is 'Other names that alerts may use.';
comment on column public.strategies.allowed_ips is 'Addresses that may send; empty = any.';
comment on column public.strategies.rate_limit_per_minute is 'Accepted signals in any 60 seconds; empty = no limit.';
comment on column public.strategies.over_limit is
  'hold: keep signals over the limit and release them as the limit allows · reject: respond with 429.';
comment on column public.strategies.shared_routes is 'Whether routes for every strategy get its signals too.';
comment on column public.strategies.dedupe_by is
  'body: equal bytes within dedupe_window count once · external_id: the sender''s own id counts once a day.';
comment on column public.strategies.dedupe_window is 'The time for which equal bytes count as the same alert.';
comment on column public.strategies.max_signal_age is
  'How long after it was received a signal may be delivered; then it expires.';
comment on column public.strategies.max_exit_age is
  'The same for what closes or reduces a position: an exit that expires leaves a position open.';
comment on column public.strategies.sides is
  'Positions that it takes. Where it has no shorts (spot), a bare sell closes or reduces the long; and mirrored.';
comment on column public.strategies.max_alert_lag is 'Refuse alerts that fired longer ago than this; empty = off.';
comment on column public.strategies.expected_every is
  'Report it to the operator if no signal came for this long; empty = off.';
comment on column public.strategies.expected_calendar is
  'The market''s hours, of which alone expected_every counts, for example {"weekdays": ["mon", "tue", "wed", "thu", '
  '"fri"], "from": "09:30", "to": "16:00", "time_zone": "America/New_York"}; empty = always.';
comment on column public.strategies.jwks is 'Public keys (JSON Web Key Set) of senders that sign JWTs themselves.';
comment on column public.strategies.payload_schema is 'JSON Schema that payloads must match; empty = any.';
comment on column public.strategies.thresholds is
  'Own thresholds for incidents, for example {"auth_failures": 20, "alert_storm": 30}; empty = the router''s.';
comment on column public.strategies.version is
  'Counts changes: a function sends the version that its judgement is based on.';

select private.deny_clients('{public.strategies}');

create function private.refuse_private_keys()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if jsonb_path_exists(new.jwks, '$.** ? (exists(@.d) || exists(@.k) || exists(@.p) || @.kty == "oct")') then
    -- Not a check: its message would show the row, and the key with it.
    raise exception 'Cannot keep this jwks: it has a private or symmetric key'
      using errcode = 'check_violation', hint = 'Write public keys only, without d, k and p.';
  end if;
  return new;
end;
$$;

comment on function private.refuse_private_keys() is 'Before-row trigger: refuses keys that somebody could sign with.';

create trigger strategies_050_refuse_private_keys
  before insert or update of jwks on public.strategies
  for each row execute function private.refuse_private_keys();

revoke execute on function private.refuse_private_keys() from public, anon, authenticated, service_role;

create trigger strategies_bump_catalog
  before insert or update or delete on public.strategies
  for each statement execute function private.bump_catalog();

grant select on public.strategies to service_role;
