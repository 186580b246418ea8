-- Workers and their keys. A key opens the queues of its worker, and nothing else.

create table public.workers (
  id uuid primary key default gen_random_uuid(),
  name text not null
    constraint workers_name_unique unique
    constraint workers_name_is_1_to_100_printable_characters
    check (name ~ '^[^[:cntrl:]]{1,100}$' and name = btrim(name)),
  queues text[] not null
    constraint workers_have_1_to_100_queues check (cardinality(queues) between 1 and 100),
  can text[] not null default '{claim,settle}'
    constraint workers_can_claim_or_settle check (can <@ array['claim', 'settle'] and can <> '{}'),
  allowed_ips cidr[] not null default '{}',
  expires_at timestamptz,
  created_at timestamptz not null default now()
);

comment on table public.workers is
  'Programs that claim signals from queues over HTTP, each with a key of its own: see create_worker.';
comment on column public.workers.name is 'The name that operators use, and that outcomes show.';
comment on column public.workers.queues is 'The queues that it may use.';
comment on column public.workers.can is
  'claim: it gets signals · settle: it completes, fails, rejects and extends them.';
comment on column public.workers.allowed_ips is 'Addresses that it may come from; empty: any.';
comment on column public.workers.expires_at is 'From then on its keys open nothing; empty: never.';

create table private.worker_keys (
  digest text primary key
    constraint worker_keys_digest_is_sha256_in_hex check (digest ~ '^[0-9a-f]{64}$'),
  worker_id uuid not null references public.workers on delete cascade,
  created_at timestamptz not null default now(),
  ends_at timestamptz
);

comment on table private.worker_keys is 'Digests of workers'' keys: a key itself is shown once, and stored nowhere.';
comment on column private.worker_keys.ends_at is 'End of a key that was rotated; empty: the present one.';

create unique index worker_keys_one_present_key on private.worker_keys (worker_id) where ends_at is null;
create index worker_keys_worker_id on private.worker_keys (worker_id);

create table private.worker_presence (
  worker_id uuid primary key references public.workers on delete cascade,
  last_seen_at timestamptz not null,
  version text
);

comment on table private.worker_presence is 'When each worker last called, to ten seconds, and its version.';

select private.deny_clients('{public.workers,private.worker_keys,private.worker_presence}');

create trigger workers_audit
  after insert or update or delete on public.workers
  for each row execute function private.audit('', 'worker_added', 'worker_changed', 'worker_deleted');
create trigger worker_keys_audit
  after insert or update or delete on private.worker_keys
  for each row execute function private.audit('', 'worker_key_made', 'worker_key_changed', 'worker_key_ended');

create function private.queue_called(name text)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  found text[] := array(
    select target from public.routes where kind = 'queue' and target = queue_called.name
    union
    select target
    from public.routes join private.strategy_names on strategy_names.strategy_id = routes.strategy_id
    where kind = 'queue' and name_key = lower(queue_called.name)
    order by 1);
begin
  if cardinality(found) <> 1 then
    raise exception '%', case
      when found = '{}' then format('There is no queue, and no strategy with one, called "%s"', left(name, 100))
      else format('"%s" may mean the queues %s: name the queue', left(name, 100), array_to_string(found, ' and ')) end
      using errcode = 'check_violation';
  end if;
  return found[1];
end;
$$;

comment on function private.queue_called(text) is
  'Returns a queue by its name, or by its strategy''s name, slug or alias; raises if there is none, or more than one.';

create function private.make_worker_key(worker_id uuid)
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  key constant text := 'wk_' || translate(encode(extensions.gen_random_bytes(32), 'base64'), '+/=', '-_');
begin
  insert into private.worker_keys (worker_id, digest)
  values (make_worker_key.worker_id, encode(extensions.digest(key, 'sha256'), 'hex'));
  return key;
end;
$$;

comment on function private.make_worker_key(uuid) is 'Makes a key, and returns it: only its digest is kept.';

create function private.show_worker(worker public.workers)
returns jsonb
language sql
volatile -- sees the key that the caller has just made
set search_path = ''
as $$
  select to_jsonb(worker) || jsonb_build_object(
    'live_keys', (
      select count(*) from private.worker_keys
      where worker_id = worker.id and (ends_at is null or ends_at > now())),
    'last_seen_at', presence.last_seen_at, 'version', presence.version)
  from (select) as one
  left join private.worker_presence as presence on presence.worker_id = worker.id;
$$;

comment on function private.show_worker(public.workers) is 'Returns a worker as operators see it, without keys.';

create function private.worker_with(id uuid)
returns public.workers
language plpgsql
volatile
set search_path = ''
as $$
declare
  worker public.workers;
begin
  select * into worker from public.workers where workers.id = worker_with.id for update;
  if not found then
    raise exception 'There is no worker %', worker_with.id using errcode = 'no_data_found';
  end if;
  return worker;
end;
$$;

comment on function private.worker_with(uuid) is 'Locks and returns a worker; raises if there is none.';

revoke execute on function
  private.queue_called(text), private.make_worker_key(uuid), private.show_worker(public.workers),
  private.worker_with(uuid)
from public, anon, authenticated, service_role;
grant select on public.workers to service_role;
