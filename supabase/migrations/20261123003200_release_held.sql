create function private.release_held(strategy public.strategies)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  signal public.signals;
begin
  perform private.lock_limit(strategy.id);
  loop
    -- Exits first, then in order of arrival.
    select * into signal from public.signals
    where strategy_id = strategy.id and status = 'held'
    order by private.is_exit(action, direction) desc, received_at
    limit 1
    for update skip locked;
    exit when not found or private.limit_left(strategy, signal.endpoint) <= 0;

    if private.is_exit(signal.action, signal.direction) then
      update public.signals set status = 'suppressed'
      where strategy_id = strategy.id and status = 'held' and received_at < signal.received_at
        and symbol is not distinct from signal.symbol and private.is_entry(action, direction);
    end if;
    signal.status := 'accepted';
    signal.accepted_at := clock_timestamp();
    update public.signals set
      status = signal.status, accepted_at = signal.accepted_at,
      routes = coalesce((select sent.routes from private.send_signals(array[signal]) as sent), '{}')
    where id = signal.id;
  end loop;
end;
$$;

comment on function private.release_held(public.strategies) is
  'Sends on as many of a strategy''s held signals as its limit allows.';

create function private.release_all_held()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  late record;
begin
  for late in
    with expired as (
      update public.signals set status = 'expired'
      where status = 'held' and expires_at <= clock_timestamp()
      returning strategy_id, id
    )
    select strategy_id, array_agg(id) as signal_ids from expired group by strategy_id
  loop
    perform private.expire_signals(late.strategy_id, late.signal_ids);
  end loop;

  perform private.release_held(strategies)
  from public.strategies
  where status = 'active' and exists (
    select from public.signals where strategy_id = strategies.id and signals.status = 'held')
  order by strategies.id;
end;
$$;

comment on function private.release_all_held() is
  'Expires signals that were held for too long and releases as many as the limits allow; run every 5 seconds by cron.';

revoke execute on function private.release_held(public.strategies), private.release_all_held()
from public, anon, authenticated, service_role;
