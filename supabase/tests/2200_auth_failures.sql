begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- All in one minute.
select pg_sleep(2) where extract(second from clock_timestamp()) > 58;

-- Reports failures that differ only in these fields.
create function pg_temp.report(variadic deviations jsonb[])
returns void
language sql
as $$
  select public.record_auth_failures(jsonb_agg(
    '{"endpoint": "dedicated", "reason": "wrong_credential", "remote_ip": "192.0.2.1", "count": 1,
      "strategy_id": "00000000-0000-4000-8000-000000000001"}' || deviation))
  from unnest(deviations) as deviation;
$$;

create temp view reported as
select host(remote_ip) as remote_ip, count from public.auth_failures
where strategy_id = '00000000-0000-4000-8000-000000000001' and endpoint = 'dedicated' and reason = 'wrong_credential';

select pg_temp.report('{}', '{"count": 2}', '{"remote_ip": "192.0.2.2"}');
select set_eq('table reported', $$ values ('192.0.2.1', 3::bigint), ('192.0.2.2', 1) $$,
  'failures are counted by address');
select pg_temp.report('{"count": 4}', '{"remote_ip": null}');
select set_eq(
  'table reported', $$ values ('192.0.2.1', 7::bigint), ('192.0.2.2', 1), (null, 1) $$,
  'failures of one minute are added, those without an address too');
select pg_temp.report('{"reason": "no_credential"}', '{"endpoint": "universal"}', '{"strategy_id": null}');
select is(count(*), 3::bigint, 'another reason, endpoint or strategy is counted apart')
from public.auth_failures
where (reason = 'no_credential' or endpoint = 'universal' or strategy_id is null) and host(remote_ip) = '192.0.2.1';

select pg_temp.report(variadic array(
  select jsonb_build_object('remote_ip', '198.51.100.' || n) from generate_series(1, 40) as n));
select pg_temp.report(variadic array(
  select jsonb_build_object('remote_ip', '203.0.113.' || n) from generate_series(1, 40) as n));
select is(count(remote_ip), 50::bigint, 'a bucket keeps at most 50 addresses') from reported;
select is(sum(count), 89::numeric, 'failures beyond 50 addresses are still counted') from reported;
select pg_temp.report('{"count": 5}');
select is(count, 12::bigint, 'a known address is counted on when its bucket is full')
from reported where remote_ip = '192.0.2.1';
select pg_temp.report('{"remote_ip": "203.0.113.200", "count": 5}');
select is_empty('select from reported where remote_ip = ''203.0.113.200''', 'a full bucket takes no new address');
select is(
  count(distinct bucket_start) filter (where bucket_start = date_trunc('minute', bucket_start)),
  count(distinct bucket_start), 'a bucket is a minute')
from public.auth_failures;
-- Reports one failure of an isolate under a number.
create function pg_temp.flush(isolate integer, number bigint)
returns void
language sql
as $$
  select public.record_auth_failures(
    '[{"endpoint": "dedicated", "reason": "wrong_credential", "remote_ip": "192.0.2.99", "count": 1}]',
    ('00000000-0000-4000-8000-' || lpad(isolate::text, 12, '0'))::uuid, number);
$$;
select pg_temp.flush(1, 1), pg_temp.flush(1, 2);
select pg_temp.flush(1, 2), pg_temp.flush(1, 1);
select pg_temp.flush(2, 1);
select is(sum(count), 3::numeric, 'a flush counts once, however often and late it is sent')
from public.auth_failures where host(remote_ip) = '192.0.2.99';
select lives_ok('select public.record_auth_failures(''[]'')', 'an empty report changes nothing');

select throws_ok(
  format('select pg_temp.report(%L)', deviation), '23514',
  format('new row for relation "auth_failures" violates check constraint "auth_failures_%s"', rule),
  format('a failure cannot have %s', deviation))
from (values
  ('{"endpoint": "telegram"}'::jsonb, 'endpoint_is_known'),
  ('{"reason": "mood"}', 'reason_is_known'),
  ('{"reason": "no_credential", "remote_ip": "192.0.2.9", "count": 0}', 'count_positive')) as example (deviation, rule);
select throws_ok(
  'insert into public.auth_failures (bucket_start, strategy_id, endpoint, reason, remote_ip, count)
   select bucket_start, strategy_id, endpoint, reason, remote_ip, count from public.auth_failures',
  '23505', 'duplicate key value violates unique constraint "auth_failures_one_row_per_bucket"',
  'a bucket has one row for equal failures');

select * from finish();
rollback;
