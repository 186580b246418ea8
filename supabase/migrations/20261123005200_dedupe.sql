create table private.dedupe_keys (
  strategy_id uuid not null references public.strategies on delete cascade,
  kind text not null
    constraint dedupe_keys_kind_is_known check (kind in ('webhook_id', 'jti', 'external_id', 'body')),
  value text not null,
  body_digest text not null,
  signal_id uuid not null,
  seconds double precision not null,
  expires_at timestamptz not null,
  -- Decides which of two concurrent equal alerts is the first.
  constraint dedupe_keys_once_per_strategy primary key (strategy_id, kind, value)
);

comment on table private.dedupe_keys is
  'Keys that identify a repeated alert. Written only along with a stored signal, or for one, so that a refused alert '
  'spends no key. Not partitioned, because the primary key must be unique across all rows.';
comment on column private.dedupe_keys.value is
  'The digest of a body; an id behind the name of its signer, whose senders alone it concerns: strategy, universal, or '
  'the thumbprint of a key.';
comment on column private.dedupe_keys.seconds is 'For how long it was reserved, until expires_at.';
comment on column private.dedupe_keys.body_digest is
  'SHA-256 of the raw body in hex: shows whether a known id came with another body.';

create index dedupe_keys_expires_at on private.dedupe_keys (expires_at);

select private.deny_clients('{private.dedupe_keys}');

create function private.lock_keys(alerts private.alert[], out busy bigint[], out repeated bigint[])
language plpgsql
volatile
set search_path = ''
as $$
begin
  select
    array_agg(lock_id) filter (where not pg_try_advisory_xact_lock(lock_id)),
    array_agg(lock_id) filter (where times > 1)
  into busy, repeated
  from (
    select hashtextextended(concat_ws(':', strategy_id, kind, value), 0) as lock_id, count(*) as times
    from unnest(alerts) as alert, unnest(alert.keys) as key
    group by 1) as locks;
end;
$$;

comment on function private.lock_keys(private.alert[]) is
  'Locks the keys of a batch without waiting. Returns the locks that another batch has, and those of keys that come '
  'more than once in this one.';

create function private.has_key(strategy_id uuid, keys private.alert_key[], locks bigint[])
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (
    select from unnest(has_key.keys)
    where hashtextextended(concat_ws(':', has_key.strategy_id, kind, value), 0) = any (locks));
end;
$$;

comment on function private.has_key(uuid, private.alert_key[], bigint[]) is
  'Whether the lock of one of an alert''s keys is among these.';

create function private.reserve_keys(alerts private.alert[], decisions private.decision[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  -- The batch has the lock of each key.
  insert into private.dedupe_keys as known (strategy_id, kind, value, body_digest, signal_id, seconds, expires_at)
  select distinct on (1, 2, 3) alert.strategy_id, key.kind, key.value, alert.body_digest, decision.signal_id,
    key.seconds, decision.received_at + make_interval(secs => key.seconds)
  from unnest(decisions) as decision
  join unnest(alerts) with ordinality as alert on alert.ordinality = decision.place,
    unnest(alert.keys) as key
  where stores_keys and key.seconds > 0
    and (is_signal or not exists (
      select from private.dedupe_keys
      where dedupe_keys.strategy_id = alert.strategy_id and dedupe_keys.kind = key.kind
        and dedupe_keys.value = key.value and dedupe_keys.seconds >= key.seconds and expires_at > decision.received_at))
  order by 1, 2, 3, key.seconds desc
  on conflict on constraint dedupe_keys_once_per_strategy do update set
    body_digest = excluded.body_digest, signal_id = excluded.signal_id, seconds = excluded.seconds,
    expires_at = excluded.expires_at;
end;
$$;

comment on function private.reserve_keys(private.alert[], private.decision[]) is
  'Stores the keys of a batch''s new signals, and of what repeats them: keys that were not there, or that end sooner.';

revoke execute on function
  private.lock_keys(private.alert[]), private.has_key(uuid, private.alert_key[], bigint[]),
  private.reserve_keys(private.alert[], private.decision[])
from public, anon, authenticated, service_role;
