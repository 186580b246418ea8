begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.auth_failures;
update private.retention set failures_merged_until = '-infinity' where singleton;

-- Two hours: failures of 60 strangers in the first, each minute another one, and of one of our own senders.
insert into public.auth_failures
  (bucket_start, endpoint, reason, is_own, remote_ip, count, told, sample, recorded_in)
select '2026-01-01 00:00:00+00'::timestamptz + n * interval '1 minute', 'dedicated', 'wrong_credential', false,
  '203.0.113.1'::inet + n % 60, 1, 0, '{"user_agent": "curl"}'::jsonb, '7'::xid8
from generate_series(0, 119) as n
union all
select '2026-01-01 00:00:00+00'::timestamptz + n * interval '1 minute', 'dedicated', 'rotated_secret', true,
  '192.0.2.1', 2, 1, '{"user_agent": "curl"}', ('1' || n)::xid8
from generate_series(0, 9) as n;
create temp view hours as
select bucket_start at time zone 'UTC' as hour, is_own, count(*) as rows, count(remote_ip) as addresses,
  sum(count) as failures, sum(told) as told, count(sample) as samples, max(recorded_in) as recorded_in
from public.auth_failures
group by bucket_start, is_own;

select ok(not private.merge_auth_failures('2026-01-01 00:59:59+00'), 'an hour that has not ended stays as it is');
select ok(private.merge_auth_failures('2026-01-01 02:00:00+00'), 'one hour is merged at a time');
select set_eq('select * from hours where hour < ''2026-01-01 01:00''',
  $$ values
    ('2026-01-01 00:00'::timestamp, false, 51::bigint, 50::bigint, 60::numeric, 0::numeric, 50::bigint, '7'::xid8),
    ('2026-01-01 00:00', true, 1, 1, 20, 10, 1, '19') $$,
  'an hour keeps 50 addresses of strangers, our own senders, a sample of each, and true counts');
select is(count(*), 60::bigint, 'the other hour is as it was') from public.auth_failures
where bucket_start >= '2026-01-01 01:00:00+00';
select ok(private.merge_auth_failures('2026-01-01 02:00:00+00'), 'the next run merges the next hour');
select is(count(*), 3::bigint, 'which leaves two buckets and a rest')
from (select distinct bucket_start, is_own from public.auth_failures) as buckets;
select ok(not private.merge_auth_failures('2026-01-01 02:00:00+00'), 'until all are merged');

select * from finish();
rollback;
