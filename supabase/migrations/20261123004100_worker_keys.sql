-- The life of a worker's key: made, rotated with an overlap, revoked.

create function public.create_worker(
  name text, queues text[], can text[] default '{claim,settle}', allowed_ips cidr[] default '{}',
  expires_at timestamptz default null, actor text default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  worker public.workers;
begin
  perform private.declare_actor(create_worker.actor);
  if exists (select from public.workers where workers.name = btrim(create_worker.name)) then
    raise exception 'There is a worker of this name: rotate its key, or choose another name'
      using errcode = 'unique_violation';
  end if;
  insert into public.workers (name, queues, can, allowed_ips, expires_at)
  values (
    btrim(create_worker.name),
    array(select distinct private.queue_called(named) from unnest(create_worker.queues) as named order by 1),
    array(select distinct unnest(create_worker.can) order by 1), coalesce(create_worker.allowed_ips, '{}'),
    create_worker.expires_at)
  returning * into worker;
  return jsonb_build_object('key', private.make_worker_key(worker.id), 'worker', private.show_worker(worker));
end;
$$;

comment on function public.create_worker(text, text[], text[], cidr[], timestamptz, text) is
  'Makes a worker with a key, which is shown this once: {worker, key}. queues: their names, or strategies''.';

create function public.list_workers()
returns jsonb
language sql
stable
security definer -- counts keys
set search_path = ''
as $$
  select coalesce(jsonb_agg(private.show_worker(workers) order by name), '[]') from public.workers;
$$;

comment on function public.list_workers() is 'Returns all workers, without keys.';

create function public.rotate_worker_key(id uuid, overlap_seconds integer default 86400, actor text default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  worker constant public.workers := private.worker_with(id);
begin
  perform private.declare_actor(rotate_worker_key.actor);
  delete from private.worker_keys where worker_id = worker.id and ends_at <= clock_timestamp();
  if exists (select from private.worker_keys where worker_id = worker.id and ends_at is not null) then
    return null;
  end if;
  update private.worker_keys
  set ends_at = clock_timestamp() + make_interval(secs => greatest(overlap_seconds, 0))
  where worker_id = worker.id and ends_at is null;
  return jsonb_build_object('key', private.make_worker_key(worker.id), 'worker', private.show_worker(worker));
end;
$$;

comment on function public.rotate_worker_key(uuid, integer, text) is
  'Makes a new key, which is shown this once: {worker, key}. The old one works until the overlap ends. '
  'Null: two are live, and nothing was changed.';

create function public.revoke_worker_key(id uuid, actor text default null)
returns boolean
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  worker constant public.workers := private.worker_with(id);
  was_live boolean;
begin
  perform private.declare_actor(revoke_worker_key.actor);
  delete from private.worker_keys where worker_id = worker.id and ends_at is not null
  returning ends_at > clock_timestamp() into was_live;
  return coalesce(was_live, false);
end;
$$;

comment on function public.revoke_worker_key(uuid, text) is
  'Ends the old key of a worker at once; false: no old key was live.';

create function public.delete_worker(id uuid, actor text default null)
returns void
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
begin
  perform private.worker_with(id);
  perform private.declare_actor(delete_worker.actor);
  delete from public.workers where workers.id = delete_worker.id;
end;
$$;

comment on function public.delete_worker(uuid, text) is
  'Deletes a worker with its keys, which end at once. What it has leased others get when the leases end.';

revoke execute on function
  public.create_worker(text, text[], text[], cidr[], timestamptz, text), public.list_workers(),
  public.rotate_worker_key(uuid, integer, text), public.revoke_worker_key(uuid, text),
  public.delete_worker(uuid, text)
from public, anon, authenticated, service_role;
grant execute on function
  public.create_worker(text, text[], text[], cidr[], timestamptz, text), public.list_workers(),
  public.rotate_worker_key(uuid, integer, text), public.revoke_worker_key(uuid, text),
  public.delete_worker(uuid, text)
to service_role;
