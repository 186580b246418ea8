create table private.dedupe_keys (
  strategy_id uuid not null references public.strategies on delete cascade,
  kind text not null
    constraint dedupe_keys_kind_is_known check (kind in ('webhook_id', 'jti', 'external_id', 'body')),
  value text not null,
  body_digest text not null,
  signal_id uuid not null,
  expires_at timestamptz not null,
  -- Decides which of two concurrent equal alerts is the first.
  constraint dedupe_keys_once_per_strategy primary key (strategy_id, kind, value)
);

comment on table private.dedupe_keys is
  'Keys that identify a repeated alert. Written only along with a stored signal, so that a refused alert spends no '
  'key. Not partitioned, because the primary key must be unique across all rows.';
comment on column private.dedupe_keys.body_digest is
  'SHA-256 of the raw body in hex: shows whether a known id came with another body.';

create index dedupe_keys_expires_at on private.dedupe_keys (expires_at);

select private.deny_clients('{private.dedupe_keys}');

create function private.find_duplicate(strategy_id uuid, keys jsonb, body_digest text)
returns table (kind text, signal_id uuid, same_body boolean)
language sql
volatile -- must see a row that was committed in the meantime
set search_path = ''
as $$
  select known.kind, known.signal_id, known.body_digest = find_duplicate.body_digest
  from jsonb_to_recordset(find_duplicate.keys) as key (kind text, value text)
  join private.dedupe_keys as known
    on known.strategy_id = find_duplicate.strategy_id
    and known.kind = key.kind
    and known.value = key.value
    and known.expires_at > clock_timestamp()
  -- A token that was used for another body takes precedence.
  order by known.kind = 'jti' and known.body_digest <> find_duplicate.body_digest desc
  limit 1;
$$;

comment on function private.find_duplicate(uuid, jsonb, text) is
  'Returns the live key that identifies the alert as a repeated one, if any.';

create function private.reserve_keys(strategy_id uuid, keys jsonb, body_digest text, signal_id uuid)
returns boolean
language plpgsql
volatile
set search_path = ''
as $$
declare
  reserved integer;
begin
  insert into private.dedupe_keys as known (strategy_id, kind, value, body_digest, signal_id, expires_at)
  select reserve_keys.strategy_id, key.kind, key.value, reserve_keys.body_digest, reserve_keys.signal_id,
    clock_timestamp() + make_interval(secs => key.seconds)
  from jsonb_to_recordset(reserve_keys.keys) as key (kind text, value text, seconds double precision)
  order by key.kind, key.value -- the same order everywhere: transactions cannot deadlock
  on conflict on constraint dedupe_keys_once_per_strategy do update set
    body_digest = excluded.body_digest, signal_id = excluded.signal_id, expires_at = excluded.expires_at
  where known.expires_at <= clock_timestamp();
  get diagnostics reserved = row_count;

  if reserved = jsonb_array_length(reserve_keys.keys) then
    return true;
  end if;
  delete from private.dedupe_keys
  using jsonb_to_recordset(reserve_keys.keys) as key (kind text, value text)
  where dedupe_keys.strategy_id = reserve_keys.strategy_id
    and dedupe_keys.kind = key.kind and dedupe_keys.value = key.value
    and dedupe_keys.signal_id = reserve_keys.signal_id;
  return false;
end;
$$;

comment on function private.reserve_keys(uuid, jsonb, text, uuid) is
  'Reserves all keys for a signal, or none: false if another transaction has reserved one of them.';

create function private.lock_keys(alerts jsonb)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  lock_id bigint;
begin
  for lock_id in
    select distinct hashtextextended(concat_ws(':', strategy_id, kind, value), 0)
    from jsonb_to_recordset(lock_keys.alerts) as alert (strategy_id uuid, keys jsonb),
      jsonb_to_recordset(keys) as key (kind text, value text)
    order by 1
  loop
    begin
      perform pg_advisory_xact_lock(lock_id);
    exception when lock_not_available then
      null; -- the alert waits for the row of this key later, and fails alone
    end;
  end loop;
end;
$$;

comment on function private.lock_keys(jsonb) is
  'Locks the keys of a batch, in one order everywhere, so that its alerts can be stored in the order in which they '
  'came.';

revoke execute on function
  private.find_duplicate(uuid, jsonb, text), private.reserve_keys(uuid, jsonb, text, uuid), private.lock_keys(jsonb)
from public, anon, authenticated, service_role;
