-- One reading of what the database knows of a batch of alerts.

create type private.alert_facts as (
  place integer,
  strategy_id uuid,
  endpoint text,
  refusal jsonb,
  keys private.alert_key[],
  body_digest text,
  received_at timestamptz,
  expires_at timestamptz,
  untouched_secret uuid,
  status public.strategy_status,
  action text,
  role text,
  over_limit public.over_limit,
  is_locked boolean,
  is_stale boolean,
  is_repeated boolean,
  is_limit_locked boolean,
  strategy_place integer,
  strategy_left bigint,
  universal_left bigint,
  exits_left bigint,
  universal_exits_left bigint,
  held bigint,
  duplicate_kind text,
  duplicate_of uuid,
  same_body boolean
);

comment on type private.alert_facts is 'An alert of a batch, and what the database knows of it.';
comment on column private.alert_facts.is_locked is 'Whether another transaction has its strategy or one of its keys.';
comment on column private.alert_facts.is_repeated is 'Whether another alert of the batch has one of its keys.';
comment on column private.alert_facts.is_limit_locked is 'Whether another batch is being counted against its limit.';
comment on column private.alert_facts.strategy_place is 'Numbers the strategies of the batch, from 1.';
comment on column private.alert_facts.strategy_left is
  'How many more signals the strategy''s limit allows; null: more than the batch has.';
comment on column private.alert_facts.universal_left is 'The same of the universal endpoint''s limit.';
comment on column private.alert_facts.exits_left is
  'How many more exits the strategy may send; null: more than the batch has.';
comment on column private.alert_facts.universal_exits_left is 'The same of the universal endpoint.';
comment on column private.alert_facts.status is 'The strategy''s status, as the router''s mode narrows it.';
comment on column private.alert_facts.role is 'What the signal is to the others of its lane: see private.lane_role.';
comment on column private.alert_facts.held is 'The strategy''s held signals, up to 1000.';
comment on column private.alert_facts.duplicate_of is 'The signal that has one of its keys.';
comment on column private.alert_facts.duplicate_kind is 'The kind of that key.';

create function private.gather_facts(alerts private.alert[])
returns private.alert_facts[]
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  locks record;
  near_limits text[] := private.near_limits(alerts);
  locked_limits text[] := case when near_limits <> '{}' then private.lock_limits(near_limits) end;
  universal_left bigint := case when 'universal' = any (near_limits) then private.universal_limit_left() end;
  universal_exits_left bigint := case when 'universal' = any (near_limits) then private.universal_exits_left() end;
begin
  locks := private.lock_keys(alerts);
  return array(
    with strategy as materialized (
      select id, version, status, over_limit, max_signal_age, max_exit_age,
        case when id::text = any (near_limits) then private.strategy_exits_left(id, rate_limit_per_minute) end
          as exits_left,
        case when id::text = any (near_limits)
          then private.strategy_limit_left(id, rate_limit_per_minute) end as limit_left,
        (select count(*) from (
          select from public.signals
          where strategy_id = strategies.id and signals.status = 'held'
          limit 1000) as waiting) as held
      from public.strategies
      where id in (select strategy_id from unnest(alerts))
      for key share skip locked -- as foreign keys do, but without waiting
    ),
    free_route as materialized (
      select id from public.routes
      where kind <> 'queue' and enabled and strategy_id in (select strategy_id from unnest(alerts))
      for key share skip locked -- as foreign keys of dispatches do
    )
    select row(
      alert.ordinality::integer, alert.strategy_id, alert.endpoint, alert.refusal, alert.keys, alert.body_digest,
      alert.arrived_at,
      alert.arrived_at + case
        when private.is_exit(kind.role) or kind.role = 'reverse' and kind.status = 'exits_only'
          then strategy.max_exit_age
        else strategy.max_signal_age end,
      case when not exists (
          select from private.secret_uses
          where secret_uses.secret_id = alert.secret_id and last_used_at > now() - interval '1 minute')
        then alert.secret_id end,
      kind.status, (alert.signal).action, kind.role, strategy.over_limit,
      strategy.id is null and exists (select from public.strategies where strategies.id = alert.strategy_id)
        or exists (
          select from public.routes
          where routes.strategy_id = alert.strategy_id and routes.kind <> 'queue' and enabled
            and id not in (select id from free_route))
        or locks.busy is not null and private.has_key(alert.strategy_id, alert.keys, locks.busy),
      alert.settings_version is distinct from settings.version
        or case when alert.strategy_id is null
          then alert.catalog_version is distinct from catalog_version.version
          else alert.strategy_version is distinct from strategy.version end
        -- Its sender has given up, or one of the clocks has been set since the function read this one.
        or clock_timestamp() not between alert.arrived_at - interval '1 second' and alert.answer_by
        -- Only the database's clock decides whether a secret has ended.
        or alert.secret_id is not null and not exists (
          select from private.secrets
          where secrets.id = alert.secret_id
            and (secrets.strategy_id is null or secrets.strategy_id = alert.strategy_id)
            and (expires_at is null or expires_at > clock_timestamp())),
      locks.repeated is not null and private.has_key(alert.strategy_id, alert.keys, locks.repeated),
      locked_limits is not null and (alert.strategy_id::text = any (locked_limits)
        or alert.endpoint = 'universal' and 'universal' = any (locked_limits)),
      strategy.place::integer, strategy.limit_left, case when alert.endpoint = 'universal' then universal_left end,
      strategy.exits_left, case when alert.endpoint = 'universal' then universal_exits_left end,
      strategy.held, known.kind, known.signal_id, known.same_body)::private.alert_facts
    from unnest(alerts) with ordinality as alert
    cross join public.router_settings as settings
    cross join private.catalog_version
    left join (select *, row_number() over () as place from strategy) as strategy on strategy.id = alert.strategy_id
    cross join lateral (
      select private.narrowed_status(strategy.status, settings.mode) as status,
        private.lane_role((alert.signal).action, (alert.signal).intent) as role) as kind
    left join lateral (
      select known.*, known.digest = alert.body_digest as same_body
      from unnest(alert.keys) as key
      cross join lateral (
        select dedupe_keys.kind, signal_id, dedupe_keys.body_digest as digest from private.dedupe_keys
        where strategy_id = alert.strategy_id and dedupe_keys.kind = key.kind and value = key.value
          and expires_at > alert.arrived_at
        offset 0 -- a lookup by the whole index, also in a plan that was made while the table was empty
      ) as known
      -- A token that was used for another body takes precedence.
      order by known.kind = 'jti' and known.digest <> alert.body_digest desc
      limit 1) as known on true
    order by alert.ordinality);
end;
$$;

comment on function private.gather_facts(private.alert[]) is
  'Locks what the alerts of a batch need, without waiting, and returns what the database knows of each, in order.';

revoke execute on function private.gather_facts(private.alert[]) from public, anon, authenticated, service_role;
