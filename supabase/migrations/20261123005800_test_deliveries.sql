-- Test signals on the routes that a test names. They trade nothing and change nothing: a lane of their own, one
-- attempt, no incident, no count of a route's failures; workers get them only where they ask for tests.

create function private.send_test_message(signal public.signals, queue text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  expires_at constant timestamptz := clock_timestamp() + interval '5 minutes';
  message_id bigint;
begin
  execute format(
    'insert into %s (vt, message) values (clock_timestamp(), $1) returning msg_id', private.queue_table(queue))
  into message_id
  using private.signal_message(
    signal, (select slug from public.strategies where id = signal.strategy_id), expires_at);
  insert into private.waiting_messages (
    queue, message_id, signal_id, strategy_id, symbol, role, is_urgent, expires_at)
  values (queue, message_id, signal.id, signal.strategy_id, 'test:' || gen_random_uuid(), 'test', false, expires_at);
end;
$$;

comment on function private.send_test_message(public.signals, text) is 'Sends a test signal to a queue.';

create function public.deliver_test(signal_id uuid, routes text[])
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  signal public.signals;
  wanted text;
  route public.routes;
  labels text[] := '{}';
begin
  select * into signal from public.signals where id = deliver_test.signal_id and is_test for update;
  if not found then
    raise exception 'Cannot deliver the test: no test signal has this id' using errcode = 'no_data_found';
  end if;
  foreach wanted in array deliver_test.routes loop
    select * into route from public.routes
    where (routes.strategy_id = signal.strategy_id or routes.strategy_id is null)
      and (id::text = wanted or wanted = 'queue' and kind = 'queue' and routes.strategy_id is not null)
    order by created_at limit 1;
    if not found then
      raise exception 'Cannot deliver the test: the strategy has no route "%"', left(wanted, 100)
        using errcode = 'no_data_found';
    end if;
    if route.kind = 'queue' then
      perform private.send_test_message(signal, route.target);
    else
      insert into public.dispatches (signal_id, route_id, strategy_id, symbol, role, target, expires_at)
      values (signal.id, route.id, signal.strategy_id, 'test:' || gen_random_uuid(), 'test',
        private.shown_target(route.target), clock_timestamp() + interval '15 seconds');
    end if;
    labels := labels || private.route_label(route.kind, route.target);
  end loop;
  update public.signals set routes = labels where id = signal.id;
  return to_jsonb(labels);
end;
$$;

comment on function public.deliver_test(uuid, text[]) is
  'Sends a stored test signal to routes of its strategy: their ids, or queue for its own queue. Returns their labels.';

create function public.read_test(signal_id uuid)
returns jsonb
language sql
stable
security definer -- reads attempts
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
    'route', route, 'outcome', outcome, 'error', error, 'status_code', tried.status_code,
    'duration_ms', tried.duration_ms)) order by route), '[]')
  from public.signal_outcomes
  left join lateral (
    select attempt.status_code, round(attempt.duration_ms) as duration_ms
    from public.dispatches
    join public.dispatch_attempts as attempt on attempt.dispatch_id = dispatches.id
      and attempt.started_at >= dispatches.created_at - interval '1 minute'
    where dispatches.signal_id = read_test.signal_id and signal_outcomes.route not like 'queue:%'
      and private.route_label(
        (case when dispatches.target ~ '^https?://' then 'http' else 'function' end)::public.route_kind,
        dispatches.target) = signal_outcomes.route
    order by attempt.started_at desc limit 1) as tried on true
  where signal_outcomes.signal_id = read_test.signal_id and route is not null;
$$;

comment on function public.read_test(uuid) is
  'Returns what became of a test on each route: [{route, outcome, status_code?, error?, duration_ms?}].';

revoke execute on function
  private.send_test_message(public.signals, text), public.deliver_test(uuid, text[]), public.read_test(uuid)
from public, anon, authenticated, service_role;
grant execute on function public.deliver_test(uuid, text[]), public.read_test(uuid) to service_role;
