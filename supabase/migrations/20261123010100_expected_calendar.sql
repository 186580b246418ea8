create function private.check_expected_calendar()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
  calendar constant jsonb := new.expected_calendar;
  wrong text;
begin
  if jsonb_typeof(calendar) is distinct from 'object' then
    wrong := 'write an object such as {"weekdays": ["mon", "tue"], "from": "09:30", "to": "16:00", '
      '"time_zone": "America/New_York"}';
  elsif calendar - '{weekdays,from,to,time_zone}'::text[] <> '{}' then
    wrong := format('"%s" is unknown; known are weekdays, from, to and time_zone',
      (select key from jsonb_object_keys(calendar - '{weekdays,from,to,time_zone}'::text[]) as key limit 1));
  elsif jsonb_typeof(calendar -> 'weekdays') is distinct from 'array' or calendar -> 'weekdays' = '[]'
    or not calendar -> 'weekdays' <@ '["mon", "tue", "wed", "thu", "fri", "sat", "sun"]'
  then
    wrong := 'weekdays must list at least one of mon, tue, wed, thu, fri, sat, sun';
  elsif calendar ? 'from' <> calendar ? 'to' then
    wrong := 'write both from and to, or neither for whole days';
  elsif calendar ? 'from' and not (
    coalesce(calendar ->> 'from', '') ~ '^([01]\d|2[0-3]):[0-5]\d$'
    and coalesce(calendar ->> 'to', '') ~ '^(([01]\d|2[0-3]):[0-5]\d|24:00)$')
  then
    wrong := 'from and to must be times such as 09:30; to may be 24:00';
  elsif coalesce(calendar ->> 'time_zone', '') !~ '^[A-Za-z]+(/[A-Za-z0-9_+-]+)*$' then
    wrong := 'time_zone must be an IANA name such as America/New_York or UTC';
  else
    begin
      perform now() at time zone (calendar ->> 'time_zone');
    exception when invalid_parameter_value then
      wrong := format('time zone "%s" is unknown; write an IANA name such as America/New_York or UTC',
        calendar ->> 'time_zone');
    end;
  end if;
  if wrong is not null then
    raise exception 'Cannot use this expected_calendar: %', wrong
      using errcode = 'check_violation', constraint = 'strategies_expected_calendar_is_market_hours';
  end if;
  return new;
end;
$$;

comment on function private.check_expected_calendar() is
  'Before-row trigger: refuses a calendar that cannot be read, with a sentence that says what to write.';

create trigger strategies_check_expected_calendar
  before insert or update of expected_calendar on public.strategies
  for each row when (new.expected_calendar is not null) execute function private.check_expected_calendar();

create function private.sessions(calendar jsonb, from_time timestamptz, to_time timestamptz)
returns setof tstzrange
language sql
stable
set search_path = ''
as $$
  select tstzrange(greatest(opens, from_time), least(closes, to_time))
  from (
    select calendar ->> 'time_zone' as zone, coalesce(calendar ->> 'from', '00:00')::interval as opening,
      coalesce(calendar ->> 'to', '24:00')::interval as closing) as market,
    generate_series((from_time at time zone zone)::date - 1, to_time at time zone zone, interval '1 day') as day,
    lateral (
      select (day + opening) at time zone zone,
        (day + closing + case when closing <= opening then interval '1 day' else '0' end) at time zone zone
    ) as session (opens, closes)
  where calendar -> 'weekdays' ? lower(to_char(day, 'dy')) and opens < to_time and closes > from_time;
$$;

comment on function private.sessions(jsonb, timestamptz, timestamptz) is
  'Returns the sessions of a calendar that lie in a range of time, cut to it. One that ends at or before the time at '
  'which it begins ends on the next day.';

create function private.silent_strategies()
returns table (strategy_id uuid, last_signal timestamptz, intervals bigint, is_expected_now boolean)
language sql
stable
set search_path = ''
as $$
  select strategies.id, last.received_at, intervals, is_open
  from public.strategies
  left join lateral (
    select received_at from public.signals
    where signals.strategy_id = strategies.id and not is_test order by received_at desc limit 1
  ) as last on true,
    lateral (select least(coalesce(last.received_at, strategies.updated_at), now())) as silent (since),
    lateral (
      select coalesce(sum(upper(session) - lower(session)), '0'), coalesce(bool_or(upper(session) = now()), false)
      from (
        select tstzrange(since, now()) where expected_calendar is null
        union all
        -- A year is enough to know.
        select private.sessions(expected_calendar, greatest(since, now() - interval '370 days'), now())
        where expected_calendar is not null) as sessions (session)
    ) as waited (elapsed, is_open),
    lateral (select floor(extract(epoch from elapsed) / extract(epoch from expected_every))::bigint) as told (intervals)
  where status = 'active' and since < now() - expected_every and elapsed > expected_every;
$$;

comment on function private.silent_strategies() is
  'Returns the active strategies without a signal for longer than expected_every, of which only the time in '
  'expected_calendar counts. intervals: how many of them have passed · is_expected_now: the market is open.';

create function private.watch_silence()
returns void
language sql
volatile
set search_path = ''
as $$
  select private.open_incident('silent_strategy', strategies.id, '', jsonb_build_object(
    'last_signal', last_signal, 'expected_every', strategies.expected_every,
    'expected_calendar', strategies.expected_calendar,
    'meaning', 'No signal for longer than expected_every'), intervals, is_measure => true)
  from private.silent_strategies() as silent
  join public.strategies on strategies.id = silent.strategy_id
  where is_expected_now;
$$;

comment on function private.watch_silence() is
  'silent_strategy: no signal for longer than expected_every; outside expected_calendar nothing is reported.';

revoke execute on function
  private.check_expected_calendar(), private.sessions(jsonb, timestamptz, timestamptz), private.silent_strategies(),
  private.watch_silence()
from public, anon, authenticated, service_role;
