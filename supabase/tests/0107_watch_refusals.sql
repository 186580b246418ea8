begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.incidents;
insert into public.strategies (name, slug) values ('Test Faults', 'test-faults');

-- Refuses an alert, recorded by transaction 7.
create function pg_temp.refuse(path text, body text, code text default 'invalid_alert', ago interval default '0')
returns void
language sql
as $$
  insert into public.webhook_requests (id, correlation_id, strategy_id, endpoint, outcome, code, problem, raw_body,
    received_at, duration_ms, recorded_in)
  select gen_random_uuid(), md5(refuse.body)::uuid, id, 'dedicated', 'invalid', refuse.code,
    jsonb_build_object('detail', 'Wrong: ' || refuse.path, 'errors', jsonb_build_array(
      jsonb_build_object('path', refuse.path), jsonb_build_object('path', 'a later one'))),
    convert_to(refuse.body, 'UTF8'), now() - refuse.ago, 1, '7'
  from public.strategies where slug = 'test-faults';
$$;
create function pg_temp.watch()
returns void
language sql
as $$
  select private.watch_refusals(row(now(), '5:5:', '10:10:')::private.monitor_pass);
$$;
-- The next run has seen all of this.
create function pg_temp.go_on()
returns void
language sql
as $$
  update public.webhook_requests set recorded_in = '4' where recorded_in = '7';
$$;

select pg_temp.refuse('price', '{"price":"1,234.5"}', ago => '2 seconds');
select pg_temp.refuse('action', '{"action":"zzz"}', ago => '1 second');
select pg_temp.refuse('price', '{"price":"“9”"}', ago => '1 second');
select pg_temp.watch();
select results_eq(
  $$ select subject, count, details ->> 'path', details ->> 'detail', details ->> 'excerpt',
    (details ->> 'correlation_id')::uuid from public.incidents order by subject $$,
  $$ values
    ('invalid_alert action', 1::bigint, 'action', 'Wrong: action', '{"action":"zzz"}', md5('{"action":"zzz"}')::uuid),
    ('invalid_alert price', 2, 'price', 'Wrong: price', '{"price":"“9”"}', md5('{"price":"“9”"}')::uuid) $$,
  'each code and path is an incident, and all of its evidence is of one alert, the newest');
select pg_temp.go_on();
select pg_temp.refuse('price', 'later');
select pg_temp.watch();
select results_eq(
  $$ select count, details ->> 'excerpt' from public.incidents where subject = 'invalid_alert price' $$,
  $$ values (3::bigint, 'later') $$, 'a later one is counted, and is the evidence then');

delete from public.incidents;
select pg_temp.go_on();
select pg_temp.refuse('field ' || n, 'body ' || n) from generate_series(1, 50) as n;
select pg_temp.watch();
select is(count(*) filter (where subject <> 'more'), 20::bigint, 'at most 20 different faults are told apart')
from public.incidents;
select results_eq($$ select count from public.incidents where subject = 'more' $$, array[30::bigint],
  'the others are counted');
select is(sum(count), 50::numeric, 'every alert is counted once') from public.incidents;
select pg_temp.go_on();
select pg_temp.refuse('other ' || n, 'body ' || n) from generate_series(1, 5) as n;
select pg_temp.refuse('field 1', 'body 1');
select pg_temp.watch();
select results_eq(
  $$ select count from public.incidents where subject in ('more', 'invalid_alert field 1') order by 1 $$,
  array[2::bigint, 35], 'so it is while they are open, and what is open is counted on');

delete from public.incidents;
select pg_temp.go_on();
select pg_temp.refuse('', 'astray', code => 'wrong_endpoint');
select pg_temp.watch();
select is_empty('select from public.incidents', 'a single alert on a closed endpoint is not told');
select pg_temp.go_on();
select pg_temp.refuse('', 'astray', code => 'wrong_endpoint', ago => make_interval(hours => n))
from generate_series(1, 3) as n;
select pg_temp.go_on();
select pg_temp.refuse('', 'the fifth', code => 'wrong_endpoint');
select pg_temp.watch();
select results_eq($$ select subject, details ->> 'excerpt' from public.incidents $$,
  $$ values ('dedicated', 'the fifth') $$, 'the fifth within a day is');

select * from finish();
rollback;
