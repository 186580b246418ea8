create type public.router_phase as enum ('universal', 'hybrid', 'automated');
create type public.router_mode as enum ('active', 'exits_only', 'paused');

create table public.router_settings (
  singleton boolean primary key default true constraint router_settings_has_one_row check (singleton),
  phase public.router_phase not null default 'hybrid',
  mode public.router_mode not null default 'active',
  webhook_secret text not null default '',
  functions_url text
    constraint router_settings_functions_url_is_a_base_url
      check (functions_url ~ '^https?://[^?#[:space:]]+[^/?#[:space:]]$'),
  detected_url text,
  internal_url text,
  require_https boolean not null default true,
  universal_rate_limit_per_minute integer
    constraint router_settings_universal_rate_limit_positive check (universal_rate_limit_per_minute > 0),
  auth_failure_threshold integer not null default 10
    constraint router_settings_auth_failure_threshold_positive check (auth_failure_threshold > 0),
  alert_storm_threshold integer not null default 10
    constraint router_settings_alert_storm_threshold_positive check (alert_storm_threshold > 0),
  backlog_threshold interval not null default '1 minute'
    constraint router_settings_backlog_threshold_positive check (backlog_threshold > '0'),
  incident_quiet interval not null default '10 minutes'
    constraint router_settings_incident_quiet_positive check (incident_quiet > '0'),
  raw_body_retention interval not null default '30 days'
    constraint router_settings_raw_body_retention_positive check (raw_body_retention > '0'),
  audit_retention interval not null default '400 days'
    constraint router_settings_audit_retention_positive check (audit_retention > '0'),
  version bigint not null default 1,
  updated_at timestamptz not null default now()
);

comment on table public.router_settings is 'Settings of the whole router: one row.';
comment on column public.router_settings.phase is
  'Which endpoints are open: universal (the one URL), hybrid (as each strategy''s routing says), automated (dedicated '
  'URLs only).';
comment on column public.router_settings.mode is
  'What every strategy may send on: active (as its own status says), exits_only, or paused (nothing).';
comment on column public.router_settings.webhook_secret is
  'Universal secret, shown as a mask. Clear the cell to rotate it, or write a new one (whsec_, at least 32 bytes).';
comment on column public.router_settings.functions_url is
  'Public base URL of the functions on a custom domain, for example https://hooks.example.com/functions/v1. Empty: '
  'detected_url is used.';
comment on column public.router_settings.detected_url is
  'Public base URL that the functions found in their environment. Written by the functions.';
comment on column public.router_settings.internal_url is
  'Base URL at which the database reaches the functions. Written by provision, or by the first accepted alert.';
comment on column public.router_settings.require_https is
  'Refuse alerts sent over plain http if the public base URL is https.';
comment on column public.router_settings.universal_rate_limit_per_minute is
  'Accepted signals in any 60 seconds on the universal endpoint, over all strategies; empty = no limit.';
comment on column public.router_settings.auth_failure_threshold is
  'Failed requests of a strategy in 5 minutes that open an incident.';
comment on column public.router_settings.alert_storm_threshold is
  'Signals of one alert in 3 minutes that open an incident; TradingView stops an alert after 15.';
comment on column public.router_settings.backlog_threshold is
  'How long a dispatch may be due before an incident opens.';
comment on column public.router_settings.incident_quiet is
  'An incident that was not seen for this long is resolved; one that has come back before, after a day.';
comment on column public.router_settings.raw_body_retention is 'The time for which the raw bytes of alerts are kept.';
comment on column public.router_settings.audit_retention is 'The time for which requests, signals and events are kept.';
comment on column public.router_settings.version is
  'Counts changes: a function sends the version that its judgement is based on.';

select private.deny_clients('{public.router_settings}');

create function private.fill_router_settings()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- Studio sends an empty text for a cleared cell.
  new.functions_url := nullif(rtrim(new.functions_url, '/'), '');
  if tg_op = 'UPDATE' then
    new.version := old.version + 1;
    new.updated_at := now();
  end if;
  return new;
end;
$$;

comment on function private.fill_router_settings() is
  'Before-row trigger: sets version and time, and turns empty text into null.';

create trigger router_settings_bump_catalog
  before insert or update or delete on public.router_settings
  for each statement execute function private.bump_catalog();

create trigger router_settings_forbid_delete
  before delete on public.router_settings
  for each row execute function private.forbid_change();

create trigger router_settings_100_fill
  before insert or update on public.router_settings
  for each row execute function private.fill_router_settings();

create function private.functions_url()
returns text
language sql
stable
set search_path = ''
as $$
  select coalesce(functions_url, detected_url) from public.router_settings;
$$;

comment on function private.functions_url() is
  'Public base URL of the functions; null until an operator has set it or a function has reported it.';

create function private.save_urls(detected_url text, internal_url text, overwrite boolean)
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  -- Compares first: an update would lock the catalog even if it changes nothing.
  if exists (
    select from public.router_settings
    where (save_urls.overwrite or router_settings.internal_url is null)
      and (router_settings.detected_url, router_settings.internal_url)
        is distinct from (save_urls.detected_url, save_urls.internal_url)
  ) then
    update public.router_settings set
      detected_url = save_urls.detected_url, internal_url = save_urls.internal_url
    where singleton;
  end if;
end;
$$;

comment on function private.save_urls(text, text, boolean) is
  'Saves the URLs that a function reports, because Postgres cannot know them. Writes only if they differ.';

create function public.report_urls(detected_url text, internal_url text, overwrite boolean default true)
returns void
language sql
volatile
security definer -- only this function may write them
set search_path = ''
as $$
  select private.save_urls(report_urls.detected_url, report_urls.internal_url, report_urls.overwrite);
$$;

comment on function public.report_urls(text, text, boolean) is
  'Saves where the functions are; without overwrite only if no URL is known.';

grant select on public.router_settings to service_role;

revoke execute on function
  private.fill_router_settings(), private.functions_url(), private.save_urls(text, text, boolean),
  public.report_urls(text, text, boolean)
from public, anon, authenticated, service_role;
grant execute on function public.report_urls(text, text, boolean) to service_role;
