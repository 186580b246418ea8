begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.incidents;
delete from public.auth_failures;
insert into public.strategies (name, slug) values ('Test Keys', 'test-keys');

-- Counts failures of an address, recorded by transaction 7.
create function pg_temp.fail(
  reason text, remote_ip inet, ago interval default '0', count bigint default 1, strategy text default 'test-keys',
  is_own boolean default null)
returns void
language sql
as $$
  insert into public.auth_failures as bucket
    (bucket_start, strategy_id, endpoint, reason, is_own, remote_ip, count, sample, recorded_in)
  values (
    date_trunc('minute', now() - fail.ago), (select id from public.strategies where slug = strategy), 'dedicated',
    fail.reason, coalesce(fail.is_own, fail.reason not in ('wrong_credential', 'no_credential', 'unknown_strategy')),
    fail.remote_ip, fail.count, '{"user_agent": "curl"}', '7')
  on conflict on constraint auth_failures_one_row_per_bucket
  do update set count = bucket.count + excluded.count;
$$;
-- A run of the watch that sees these transactions first.
create function pg_temp.watch(seen text default '5:5:', now_seen text default '10:10:')
returns void
language sql
as $$
  select private.watch_auth_failures(row(now(), watch.seen, watch.now_seen)::private.monitor_pass);
$$;
create temp view told as select subject, count from public.incidents where kind = 'auth_failures';
create function pg_temp.forget()
returns void
language sql
as $$
  delete from public.incidents;
  delete from public.auth_failures;
$$;

select pg_temp.fail('rotated_secret', '198.51.100.1');
select pg_temp.watch();
select results_eq('table told', $$ values ('rotated_secret', 1::bigint) $$,
  'one alert with the old URL is told at once, as our own sender');
select results_eq(
  'select details ->> ''remote_ip'', details ->> ''user_agent'', details ->> ''meaning'' from public.incidents',
  $$ values ('198.51.100.1', 'curl',
    'Our own sender with the old URL: it still uses a secret that was rotated. Give it the new URL') $$,
  'the failure itself is the evidence');
select pg_temp.watch();
select results_eq('table told', $$ values ('rotated_secret', 1::bigint) $$, 'no failure is counted twice');
select pg_temp.fail('rotated_secret', '198.51.100.1', count => 3);
select pg_temp.fail('rotated_secret', '198.51.100.2', count => 2);
select pg_temp.watch();
select results_eq('table told', $$ values ('rotated_secret', 6::bigint) $$, 'failures of a bucket are counted on');

select pg_temp.forget();
select pg_temp.fail('wrong_credential', '192.0.2.1', is_own => true);
select pg_temp.watch();
select results_eq('table told', $$ values ('wrong_credential', 1::bigint) $$,
  'a wrong credential from an address that was accepted lately is told at once');
select pg_temp.forget();
select pg_temp.fail('address_not_allowed', '192.0.2.9');
select pg_temp.fail('unlisted_method', '192.0.2.9');
select pg_temp.watch();
select set_eq('table told', $$ values ('address_not_allowed', 1::bigint), ('unlisted_method', 1) $$,
  'a valid credential that is refused is told at once, each reason apart');

select pg_temp.forget();
select pg_temp.fail('wrong_credential', '192.0.2.2', count => 9);
select pg_temp.watch();
select is_empty('table told', 'fewer failures of strangers than the threshold are not told');
select pg_temp.fail('no_credential', '192.0.2.3', ago => '4 minutes');
select pg_temp.watch();
select results_eq('table told', $$ values ('', 10::bigint) $$, 'as many as the threshold within 5 minutes are');
select pg_temp.forget();
select pg_temp.fail('wrong_credential', '192.0.2.2', count => 9);
select pg_temp.fail('wrong_credential', '192.0.2.2', ago => '5 minutes', count => 9);
select pg_temp.watch();
select is_empty('table told', 'more within a longer time are not');
select pg_temp.fail('rotated_secret', '192.0.2.2', count => 9);
select pg_temp.watch();
select results_eq('table told', $$ values ('rotated_secret', 9::bigint) $$, 'those of our own senders do not count');
select pg_temp.forget();
select pg_temp.fail('wrong_credential', '192.0.2.2', ago => '50 minutes', count => 10);
select pg_temp.watch();
select results_eq('table told', $$ values ('', 10::bigint) $$, 'a burst that is seen an hour late is told');

select pg_temp.forget();
select pg_temp.fail('wrong_credential', '192.0.2.2', ago => make_interval(hours => hour))
from generate_series(1, 3) as hour;
select pg_temp.fail('wrong_credential', '192.0.2.2', count => 2);
select pg_temp.watch();
select is_empty('table told', 'failures at four times of a day are not told');
select pg_temp.fail('wrong_credential', '192.0.2.2', ago => '23 hours');
select pg_temp.watch();
select results_eq('table told', $$ values ('', 5::bigint) $$, 'at five times they are');
select is(details -> 'spells_in_24_hours', '5', 'it says how many there were') from public.incidents;
select pg_temp.forget();
select pg_temp.fail('unknown_strategy', '192.0.2.2', ago => make_interval(hours => hour), strategy => 'nobody')
from generate_series(0, 9) as hour;
select pg_temp.watch();
select is_empty('table told', 'what trickles in for no strategy of ours is not told');

select pg_temp.forget();
select pg_temp.fail('rotated_secret', '198.51.100.1');
select pg_temp.watch(now_seen => '7:10:7');
select is_empty('table told', 'what has not committed yet is not told');
select pg_temp.watch(seen => '7:10:7', now_seen => '12:12:');
select results_eq('table told', $$ values ('rotated_secret', 1::bigint) $$, 'but by the next run');

select * from finish();
rollback;
