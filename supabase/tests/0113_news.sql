begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.incidents;
insert into public.strategies (name, slug) values ('Test News', 'test-news');

-- What was told, by its first word.
create temp table told (place integer generated always as identity, line text);
create function pg_temp.tell()
returns void
language sql
as $$
  insert into pg_temp.told (line) select line from unnest(private.incident_news()) as news;
$$;
create function pg_temp.words()
returns text
language sql
as $$
  select string_agg(split_part(line, ' ', 1), ', ' order by place) from pg_temp.told;
$$;
-- Sees a fault of the strategy.
create function pg_temp.see(kind text default 'alert_refused', times bigint default 1)
returns void
language sql
as $$
  select private.open_incident(see.kind, id, 'invalid_alert price', '{}', see.times)
  from public.strategies where slug = 'test-news';
$$;
-- Lets time pass, in which the monitor looks every ten minutes.
create function pg_temp.pass(minutes integer)
returns void
language plpgsql
as $$
begin
  for step in 1..minutes / 10 loop
    update public.incidents set
      opened_at = opened_at - interval '10 minutes', last_seen_at = last_seen_at - interval '10 minutes 1 second',
      reopens_until = reopens_until - interval '10 minutes', reopened_at = reopened_at - interval '10 minutes'
    where true;
    perform private.resolve_quiet();
    perform pg_temp.tell();
  end loop;
end;
$$;

-- A fault each hour
select pg_temp.see(), pg_temp.tell(), pg_temp.pass(60) from generate_series(1, 12);
select is(pg_temp.words(), 'opened, quiet, back, still',
  'a fault each hour for 12 hours is told when it opens, goes quiet, comes back, and at ten times');
select results_eq('select count, status from public.incidents', $$ values (12::bigint, 'open') $$,
  'it is one incident, which counts every alert and stays open');
select matches(line,
  '^back #\d+ alert_refused of Test News \[invalid_alert price\] \(2× since \d{4}-\d\d-\d\d \d\d:\d\d UTC\)$',
  'its return says how many there were, since when') from pg_temp.told where line like 'back%';
truncate pg_temp.told;
select pg_temp.see(), pg_temp.tell(), pg_temp.pass(60) from generate_series(1, 188);
select is(pg_temp.words(), 'still', 'in another 188 hours it is told once, at a hundred times');
select results_eq('select count from public.incidents', array[200::bigint], 'and every alert is counted');
select pg_temp.pass(24 * 60);
select matches((select line from pg_temp.told order by place desc limit 1),
  '^quiet #.*: not seen for a day$', 'when it has not come for a day it is quiet');
select pg_temp.see();
select results_eq('select count, status from public.incidents order by id',
  $$ values (200::bigint, 'resolved'), (1, 'open') $$, 'what comes later is a new one');

-- The first burst was large
delete from public.incidents;
truncate pg_temp.told;
select pg_temp.see(times => 100), pg_temp.tell(), pg_temp.pass(60);
select pg_temp.see(), pg_temp.tell();
select is(pg_temp.words(), 'opened, quiet, back',
  'what is told as quiet is told when it is back, however few they are');

-- An operator has seen it
delete from public.incidents;
select pg_temp.see();
select public.acknowledge_incident(id, 'somebody') from public.incidents;
select pg_temp.pass(20);
select pg_temp.see();
select results_eq('select status, acknowledged_by, resolved_at from public.incidents',
  $$ values ('open', null::text, null::timestamptz) $$, 'what comes back is open, whoever has seen it before');

-- What was mended
delete from public.incidents;
select pg_temp.see('route_down');
update public.incidents set status = 'resolved';
select pg_temp.see('route_down');
select is(count(*), 2::bigint, 'what was mended and fails again is a new incident') from public.incidents;

-- Exits
delete from public.incidents;
delete from public.notifications;
select pg_temp.see('exit_failed'), pg_temp.pass(20);
select pg_temp.see('exit_failed');
select is(count(*), 2::bigint, 'each exit that failed is an incident of its own') from public.incidents;
select is(count(*), 2::bigint, 'and told at once') from public.notifications where text like 'URGENT: opened %';

-- Of whom
delete from public.incidents;
select pg_temp.see(), pg_temp.pass(20);
select private.open_incident('alert_refused', null, 'invalid_alert price', '{}');
select is(count(*) filter (where status = 'resolved'), 1::bigint,
  'another strategy''s fault opens no incident of this one again') from public.incidents;

-- What is seen late
delete from public.incidents;
create function pg_temp.see_with(details jsonb, seen_at timestamptz)
returns text
language sql
as $$
  select private.open_incident('alert_refused', id, '', details, seen_at => see_with.seen_at)
  from public.strategies where slug = 'test-news';
  select incidents.details ->> 'excerpt' from public.incidents;
$$;
select pg_temp.see_with('{"correlation_id": "2", "excerpt": "newer"}', now());
select is(pg_temp.see_with('{"correlation_id": "1", "excerpt": "older"}', now() - interval '1 minute'), 'newer',
  'a report that comes late replaces no newer evidence');
select is(pg_temp.see_with('{"code": "invalid_alert"}', now()), 'newer', 'nor does one without an alert');
select is(pg_temp.see_with('{"correlation_id": "2"}', now()), 'newer', 'nor one of which no body was kept');
select is(pg_temp.see_with('{"correlation_id": "3", "excerpt": "newest"}', now()), 'newest', 'a newer one does');
select results_eq('select count, last_seen_at from public.incidents', $$ values (5::bigint, now()) $$,
  'all are counted');

select results_eq(
  'select private.incident_level(count, 3) from unnest(array[3, 5, 6, 29, 30, 299, 300, 3000]) as count',
  array[0, 0, 1, 1, 2, 2, 3, 4], 'an incident escalates at twice, ten times, a hundred times, and so on');

select * from finish();
rollback;
