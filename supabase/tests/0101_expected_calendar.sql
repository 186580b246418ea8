begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.incidents;
insert into public.strategies (name, slug) values ('Test Hours', 'test-hours');

select throws_ok(
  format('update public.strategies set expected_calendar = %L where slug = ''test-hours''', calendar),
  '23514', 'Cannot use this expected_calendar: ' || reason, format('%s is no calendar', calendar))
from (values
  ('[]'::jsonb, 'write an object such as {"weekdays": ["mon", "tue"], "from": "09:30", "to": "16:00", '
    '"time_zone": "America/New_York"}'),
  ('{"weekdays": ["mon"], "time_zone": "UTC", "holidays": []}',
    '"holidays" is unknown; known are weekdays, from, to and time_zone'),
  ('{"time_zone": "UTC"}', 'weekdays must list at least one of mon, tue, wed, thu, fri, sat, sun'),
  ('{"weekdays": ["Monday"], "time_zone": "UTC"}',
    'weekdays must list at least one of mon, tue, wed, thu, fri, sat, sun'),
  ('{"weekdays": ["mon"], "from": "09:30", "time_zone": "UTC"}',
    'write both from and to, or neither for whole days'),
  ('{"weekdays": ["mon"], "from": "9:30", "to": "16:00", "time_zone": "UTC"}',
    'from and to must be times such as 09:30; to may be 24:00'),
  ('{"weekdays": ["mon"], "from": null, "to": null, "time_zone": "UTC"}',
    'from and to must be times such as 09:30; to may be 24:00'),
  ('{"weekdays": ["mon"]}', 'time_zone must be an IANA name such as America/New_York or UTC'),
  ('{"weekdays": ["mon"], "time_zone": "<x>5"}', 'time_zone must be an IANA name such as America/New_York or UTC'),
  ('{"weekdays": ["mon"], "time_zone": "Mars/Olympus"}',
    'time zone "Mars/Olympus" is unknown; write an IANA name such as America/New_York or UTC'))
  as example (calendar, reason);

-- Open time between two times, as hours.
create function pg_temp.hours(calendar jsonb, from_time timestamptz, to_time timestamptz)
returns numeric
language sql
as $$
  select coalesce(sum(extract(epoch from upper(session) - lower(session)) / 3600), 0)::numeric(9, 2)
  from private.sessions(calendar, from_time, to_time) as session;
$$;
create temp table calendars as select * from (values
  ('exchange', '{"weekdays": ["mon", "tue", "wed", "thu", "fri"], "from": "09:30", "to": "16:00",
    "time_zone": "America/New_York"}'::jsonb),
  ('forex', '{"weekdays": ["sun", "mon", "tue", "wed", "thu"], "from": "17:00", "to": "17:00",
    "time_zone": "America/New_York"}'),
  ('whole days', '{"weekdays": ["mon", "tue", "wed", "thu", "fri"], "time_zone": "Europe/Berlin"}'))
  as calendar (name, calendar);
select is(pg_temp.hours(calendar, from_time::timestamptz, to_time::timestamptz), hours::numeric(9, 2), promise)
from (values
  -- 2026-11-20 is a Friday; New York is UTC-5.
  ('exchange', '2026-11-20 14:00Z', '2026-11-20 15:30Z', 1, 'a session counts from its beginning'),
  ('exchange', '2026-11-20 20:00Z', '2026-11-23 15:30Z', 2, 'a weekend does not count'),
  ('exchange', '2026-11-21 00:00Z', '2026-11-23 00:00Z', 0, 'nothing counts outside the hours'),
  ('forex', '2026-11-20 21:00Z', '2026-11-22 23:00Z', 2, 'a session may end on the next day'),
  ('forex', '2026-11-16 00:00Z', '2026-11-21 00:00Z', 118, 'sessions of 24 hours are without a gap'),
  ('whole days', '2026-11-20 22:00Z', '2026-11-23 00:00Z', 2, 'without times a day is whole, in its time zone'),
  -- Clocks change in New York on 2026-03-08, a Sunday.
  ('exchange', '2026-03-06 00:00Z', '2026-03-10 00:00Z', 13, 'hours are the market''s when its clocks change'),
  ('exchange', '2026-03-09 13:30Z', '2026-03-09 14:30Z', 1, 'after that the market opens an hour earlier by UTC'),
  ('forex', '2026-03-08 00:00Z', '2026-03-10 00:00Z', 27, 'a day may have 23 hours'))
  as example (name, from_time, to_time, hours, promise)
join calendars using (name);

-- The watch
create function pg_temp.is_told(calendar jsonb)
returns boolean
language sql
as $$
  delete from public.incidents where true;
  update public.strategies set expected_every = '1 hour', expected_calendar = is_told.calendar
  where slug = 'test-hours';
  select private.watch_silence();
  select exists (select from public.incidents where kind = 'silent_strategy');
$$;
-- A session around now, or one that is far from it; UTC has no other day than this one's or the next.
create function pg_temp.session(from_now interval, length interval)
returns jsonb
language sql
as $$
  select jsonb_build_object(
    'weekdays', jsonb_build_array(lower(to_char((now() + from_now) at time zone 'UTC', 'dy'))),
    'from', to_char((now() + from_now) at time zone 'UTC', 'HH24:MI'),
    'to', to_char((now() + from_now + length) at time zone 'UTC', 'HH24:MI'), 'time_zone', 'UTC');
$$;
insert into public.signals
  (id, strategy_id, request_id, correlation_id, status, action, received_at, expires_at, payload)
select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy', now() - interval '5 hours',
  now(), '{}'
from public.strategies where slug = 'test-hours';
select ok(pg_temp.is_told(null), 'without a calendar every hour counts');
select ok(pg_temp.is_told(pg_temp.session('-3 hours', '6 hours')), 'one that is silent while it is open is told');
select ok(not pg_temp.is_told(pg_temp.session('-30 minutes', '6 hours')), 'what was closed does not count');
select ok(not pg_temp.is_told(pg_temp.session('-4 hours', '2 hours')), 'outside its hours nothing is told');
select ok(not pg_temp.is_told(pg_temp.session('2 hours', '2 hours')), 'before its hours nothing is told');

select ok(pg_temp.is_told(pg_temp.session('-3 hours', '6 hours')));
update public.strategies set expected_calendar = pg_temp.session('-4 hours', '2 hours') where slug = 'test-hours';
update public.incidents set last_seen_at = now() - interval '1 hour' where true;
select private.resolve_quiet();
select is(status, 'open', 'an incident stays open over the hours in which the market is closed') from public.incidents;
insert into public.signals
  (id, strategy_id, request_id, correlation_id, status, action, received_at, expires_at, payload)
select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy', now(), now(), '{}'
from public.strategies where slug = 'test-hours';
select private.resolve_quiet();
select results_eq('select status, is_quiet from public.incidents', $$ values ('resolved', false) $$,
  'it is resolved when a signal has come');

select * from finish();
rollback;
