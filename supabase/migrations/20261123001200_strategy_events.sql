create table public.strategy_events (
  id bigint generated always as identity primary key,
  occurred_at timestamptz not null default clock_timestamp(),
  actor text not null default private.actor(),
  strategy_id uuid,
  event text not null
    constraint strategy_events_event_is_known check (event in (
      'registered', 'changed', 'deleted',
      'secret_made', 'secret_changed', 'secret_ended',
      'route_added', 'route_changed', 'route_deleted',
      'worker_added', 'worker_changed', 'worker_deleted',
      'worker_key_made', 'worker_key_changed', 'worker_key_ended',
      'settings_changed', 'signals_replayed', 'metrics_key_made')),
  details jsonb not null default '{}',
  recorded_in xid8 not null default pg_current_xact_id()
);

comment on table public.strategy_events is
  'Every change of the catalog, with its actor and time. Append-only; never contains a secret.';
comment on column public.strategy_events.strategy_id is
  'Empty: the router''s settings, the universal secret, a worker, or a route for every strategy. No foreign key, '
  'because the history outlives the strategy.';
comment on column public.strategy_events.recorded_in is
  'The recording transaction: the monitor sees each row exactly once, however late it commits.';
comment on column public.strategy_events.details is 'For changes: {column: {from, to}}; otherwise the row itself.';

create index strategy_events_strategy_id_occurred_at on public.strategy_events (strategy_id, occurred_at desc);

select private.deny_clients('{public.strategy_events}');

create trigger strategy_events_forbid_update
  before update on public.strategy_events
  for each row execute function private.forbid_change();

create trigger strategy_events_forbid_truncate
  before truncate on public.strategy_events
  for each statement execute function private.forbid_change();

create function private.forbid_early_delete()
returns trigger
language plpgsql
security definer -- reads the retention, whoever deletes
set search_path = ''
as $$
begin
  if old.occurred_at > now() - (select audit_retention from public.router_settings) then
    raise exception 'Cannot delete %: rows are kept for router_settings.audit_retention', tg_table_name
      using errcode = 'restrict_violation';
  end if;
  return old;
end;
$$;

comment on function private.forbid_early_delete() is
  'Before-row trigger: refuses to delete a row before the retention is over.';

create trigger strategy_events_forbid_early_delete
  before delete on public.strategy_events
  for each row execute function private.forbid_early_delete();

create function private.changed_columns(before jsonb, after jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(key, jsonb_build_object('from', before -> key, 'to', value)), '{}')
  from jsonb_each(after)
  where value is distinct from before -> key and key not in ('version', 'updated_at');
$$;

comment on function private.changed_columns(jsonb, jsonb) is
  'Returns the differences between two rows: {column: {from, to}}.';

create function private.audit_target(details jsonb)
returns jsonb
language plpgsql -- not SQL, because shown_target is created later
immutable
set search_path = ''
as $$
begin
  return details || case jsonb_typeof(details -> 'target')
    when 'string' then jsonb_build_object('target', private.shown_target(details ->> 'target'))
    when 'object' then jsonb_build_object('target', jsonb_build_object(
      'from', private.shown_target(details #>> '{target,from}'),
      'to', private.shown_target(details #>> '{target,to}')))
    else '{}' end;
end;
$$;

comment on function private.audit_target(jsonb) is
  'Returns the details of a route''s event without the path of its URL: a changed path shows the same host twice.';

create function private.audit()
returns trigger
language plpgsql
security definer -- nobody else may write the audit
set search_path = ''
as $$
declare
  before jsonb := to_jsonb(old);
  after jsonb := to_jsonb(new);
  subject jsonb := coalesce(after, before);
  details jsonb := case tg_op
    when 'UPDATE' then private.changed_columns(before, after)
    else subject - 'vault_id' - 'digest' - 'version' - 'updated_at' end;
begin
  if tg_table_name = 'routes' then
    details := private.audit_target(details);
  end if;
  if details <> '{}' then
    insert into public.strategy_events (strategy_id, event, details)
    values (
      (subject ->> tg_argv[0])::uuid,
      case tg_op when 'INSERT' then tg_argv[1] when 'UPDATE' then tg_argv[2] else tg_argv[3] end,
      case tg_table_name
        when 'strategies' then '{}'
        when 'worker_keys' then jsonb_build_object('worker_id', subject -> 'worker_id')
        else jsonb_build_object('id', subject -> 'id') end || details);
  end if;
  return null;
end;
$$;

comment on function private.audit() is
  'After-row trigger: records a change. Arguments: the column with the strategy''s id, then the events for insert, '
  'update and delete.';

create trigger strategies_audit
  after insert or update or delete on public.strategies
  for each row execute function private.audit('id', 'registered', 'changed', 'deleted');

create trigger routes_audit
  after insert or update or delete on public.routes
  for each row execute function private.audit('strategy_id', 'route_added', 'route_changed', 'route_deleted');

create trigger secrets_audit
  after insert or update or delete on private.secrets
  for each row execute function private.audit('strategy_id', 'secret_made', 'secret_changed', 'secret_ended');

create trigger router_settings_audit
  after update on public.router_settings
  for each row execute function private.audit('', '', 'settings_changed', '');

grant select on public.strategy_events to service_role;

revoke execute on function
  private.forbid_early_delete(), private.changed_columns(jsonb, jsonb), private.audit_target(jsonb), private.audit()
from public, anon, authenticated, service_role;
