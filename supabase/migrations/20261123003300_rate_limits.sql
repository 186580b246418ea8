-- Rate limits count accepted signals of the last 60 seconds by index: a counter row would be locked by every alert of a
-- busy strategy.

create function private.strategy_limit_left(strategy_id uuid, rate_limit integer)
returns bigint
language plpgsql
stable -- sees what its caller's statement sees: it must begin after the limit is locked
set search_path = ''
as $$
begin
  if strategy_limit_left.rate_limit is null then
    return null;
  end if;
  -- Not clock_timestamp(): only a stable bound can use the index.
  return strategy_limit_left.rate_limit - (
    select count(*) from public.signals
    where signals.strategy_id = strategy_limit_left.strategy_id and accepted_at > now() - interval '1 minute');
end;
$$;

comment on function private.strategy_limit_left(uuid, integer) is
  'Returns how many more signals a strategy''s limit per minute allows now; null: no limit.';

create function private.universal_limit_left()
returns bigint
language plpgsql
stable -- sees what its caller's statement sees: it must begin after the limit is locked
set search_path = ''
as $$
declare
  rate_limit constant integer := (select universal_rate_limit_per_minute from public.router_settings);
begin
  if rate_limit is null then
    return null;
  end if;
  return rate_limit - (
    select count(*) from public.signals
    where signals.endpoint = 'universal' and accepted_at > now() - interval '1 minute');
end;
$$;

comment on function private.universal_limit_left() is
  'Returns how many more signals the universal endpoint''s limit allows now; null: no limit.';

create function private.limit_left(strategy public.strategies, endpoint text)
returns bigint
language sql
stable
set search_path = ''
as $$
  select least(
    private.strategy_limit_left(strategy.id, strategy.rate_limit_per_minute),
    case when limit_left.endpoint = 'universal' then private.universal_limit_left() end);
$$;

comment on function private.limit_left(public.strategies, text) is
  'Returns how many more signals the limits of the strategy and of the endpoint allow now; null: no limit.';

create function private.limit_lock(subject text)
returns bigint
language sql
immutable
set search_path = ''
as $$
  select hashtextextended('limit:' || limit_lock.subject, 0);
$$;

comment on function private.limit_lock(text) is
  'Returns the advisory lock of a limit: a strategy''s by its id, or that of the endpoint universal.';

create function private.lock_limit(strategy_id uuid)
returns void
language sql
volatile
set search_path = ''
as $$
  -- The universal limit is shared by all strategies: its lock comes first, everywhere.
  select pg_advisory_xact_lock(private.limit_lock('universal'))
  from public.router_settings where universal_rate_limit_per_minute is not null;
  select pg_advisory_xact_lock(private.limit_lock(lock_limit.strategy_id::text));
$$;

comment on function private.lock_limit(uuid) is 'Locks the limit of a strategy until the transaction ends.';

create function private.near_limits(alerts private.alert[])
returns text[]
language plpgsql
volatile
set search_path = ''
as $$
begin
  -- Far from a limit no lock is needed: a hundred concurrent batches like this one, or ten full ones, cannot reach it.
  return array(
    select strategies.id::text
    from (select strategy_id, count(*) as count from unnest(alerts) group by strategy_id) as own
    join public.strategies on strategies.id = own.strategy_id
    where rate_limit_per_minute is not null
      and private.strategy_limit_left(strategies.id, rate_limit_per_minute) < 100 * own.count + 500
    union all
    select 'universal'
    from (select count(*) as count from unnest(alerts) where endpoint = 'universal') as own
    where own.count > 0 and private.universal_limit_left() < 100 * own.count + 500);
end;
$$;

comment on function private.near_limits(private.alert[]) is
  'Returns the limits that a batch may reach: ids of strategies, and universal. Their signals are to be counted by '
  'one batch at a time.';

create function private.lock_limits(limits text[])
returns text[]
language plpgsql
volatile
set search_path = ''
as $$
begin
  return array(
    select subject from unnest(lock_limits.limits) as subject
    where not pg_try_advisory_xact_lock(private.limit_lock(subject)));
end;
$$;

comment on function private.lock_limits(text[]) is
  'Locks limits without waiting. Returns those that another transaction has.';

create function private.report_limits(alerts private.alert[], decisions private.decision[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  perform private.open_incident(kind, strategy_id, '', jsonb_build_object('held', (
      select count(*) from (
        select from public.signals
        where signals.strategy_id = over.strategy_id and status = 'held'
        limit 1000) as held)),
    count)
  from (
    select case outcome when 'held' then 'rate_limited' else 'hold_full' end as kind, alert.strategy_id,
      count(*) as count
    from unnest(decisions) as decision
    join unnest(alerts) with ordinality as alert on alert.ordinality = decision.place
    where outcome = 'held'
      or outcome = 'limited' and (select over_limit from public.strategies where id = alert.strategy_id) = 'hold'
    group by 1, 2) as over;
end;
$$;

comment on function private.report_limits(private.alert[], private.decision[]) is
  'Opens an incident for each strategy of a batch whose signals are held, or cannot be held any more.';

revoke execute on function
  private.strategy_limit_left(uuid, integer), private.universal_limit_left(),
  private.limit_left(public.strategies, text), private.limit_lock(text), private.lock_limit(uuid),
  private.near_limits(private.alert[]), private.lock_limits(text[]),
  private.report_limits(private.alert[], private.decision[])
from public, anon, authenticated, service_role;
