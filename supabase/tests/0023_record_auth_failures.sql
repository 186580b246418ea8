begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.auth_failures;
delete from public.incidents;
insert into public.strategies (name) values ('Test Flooded'), ('Test Quiet');
-- An alert of each came from one address lately.
insert into public.webhook_requests
  (id, correlation_id, strategy_id, endpoint, outcome, remote_ip, received_at, duration_ms)
select gen_random_uuid(), gen_random_uuid(), id, 'dedicated', 'accepted', '192.0.2.1', now() - interval '2 days', 1
from public.strategies where slug in ('test-flooded', 'test-quiet');

-- Reports failures that differ only in these fields, in a minute.
create function pg_temp.report(variadic deviations jsonb[])
returns void
language sql
as $$
  select private.count_auth_failures(jsonb_agg(
    jsonb_build_object('endpoint', 'dedicated', 'reason', 'wrong_credential', 'remote_ip', '198.51.100.1', 'count', 1,
      'strategy_id', strategies.id, 'sample', '{"user_agent": "curl"}'::jsonb) || deviation), '2031-01-01 00:01:00+00')
  from unnest(deviations) as deviation
  join public.strategies on slug = coalesce(deviation ->> 'slug', 'test-flooded');
$$;
create temp view reported as
select coalesce(slug, 'none') as slug, endpoint, reason, is_own, abbrev(remote_ip) as address, count, sample
from public.auth_failures
left join public.strategies on strategies.id = strategy_id;
create function pg_temp.forget()
returns void
language sql
as $$
  delete from public.auth_failures;
$$;

select pg_temp.report('{}', '{"count": 2}', '{"remote_ip": "198.51.100.2"}');
select set_eq('select address, count from reported', $$ values ('198.51.100.1', 3::bigint), ('198.51.100.2', 1) $$,
  'failures are counted by address');
select pg_temp.report('{"count": 4}', '{"remote_ip": null}');
select set_eq('select address, count from reported',
  $$ values ('198.51.100.1', 7::bigint), ('198.51.100.2', 1), (null, 1) $$,
  'failures of one minute are added, those without an address too');
select pg_temp.forget();
select pg_temp.report('{}', '{"reason": "no_credential"}', '{"endpoint": "universal"}', '{"strategy_id": null}');
select is(count(*), 4::bigint, 'another reason, endpoint or strategy is counted apart') from reported;
select lives_ok('select public.record_auth_failures(''[]'')', 'an empty report changes nothing');
select pg_temp.report('{"remote_ip": "2001:db8:1:2::3"}', '{"remote_ip": "2001:db8:1:2:ffff::4"}');
select results_eq('select address, count from reported where address like ''2001%''',
  $$ values ('2001:db8:1:2::/64', 2::bigint) $$, 'of IPv6 the network is counted: one sender has all its addresses');

select pg_temp.forget();
select pg_temp.report('{"reason": "rotated_secret"}', '{"reason": "unlisted_method"}',
  '{"reason": "address_not_allowed"}', '{"remote_ip": "192.0.2.1"}', '{}',
  '{"reason": "token_reused", "remote_ip": "192.0.2.1"}');
select set_eq('select reason, address from reported where is_own',
  $$ values ('rotated_secret', '198.51.100.1'), ('unlisted_method', '198.51.100.1'),
    ('address_not_allowed', '198.51.100.1'), ('wrong_credential', '192.0.2.1') $$,
  'a sender is ours that shows an old secret or a valid credential, or whose address was accepted lately');

-- A flood: 200 addresses for each of 3 reasons at each of two endpoints, told twice, in other portions.
select pg_temp.forget();
create function pg_temp.flood(first integer)
returns void
language sql
as $$
  select pg_temp.report(variadic array(
    select jsonb_build_object('remote_ip', '203.0.113.' || n, 'reason', reason, 'endpoint', endpoint)
    from generate_series(flood.first, flood.first + 99) as n, unnest('{universal,dedicated}'::text[]) as endpoint,
      unnest('{no_credential,malformed_credential,wrong_credential}'::text[]) as reason));
$$;
select pg_temp.flood(first) from unnest('{0,100,50}'::integer[]) as first;
select is(count(address), 50::bigint, 'a minute keeps at most 50 addresses of strangers, whatever else differs')
from reported;
select is(count(*) filter (where address is null), 6::bigint, 'the rest is counted without address') from reported;
select is(sum(count), 1800::numeric, 'the counts stay true') from reported;
select is_empty('select from reported where address is null and sample is not null',
  'what is counted without address for there were too many keeps no sample');
create temp table kept as select address, endpoint, reason, count from reported where address is not null limit 1;
select pg_temp.report(jsonb_build_object(
  'remote_ip', address, 'endpoint', endpoint, 'reason', reason, 'count', 5)) from kept;
select is(reported.count, kept.count + 5, 'an address that is kept is counted on in a full minute')
from kept join reported using (address, endpoint, reason);

select pg_temp.report('{"slug": "test-quiet", "remote_ip": "192.0.2.1"}');
select results_eq('select is_own, address, sample ->> ''user_agent'' from reported where slug = ''test-quiet''',
  $$ values (true, '192.0.2.1', 'curl') $$, 'a sender of ours keeps its address and sample in a flood of strangers');
select private.report_own_failures(array(select failure from public.auth_failures as failure where is_own));
select results_eq(
  $$ select name, details ->> 'remote_ip', details ->> 'user_agent' from public.incidents
     join public.strategies on strategies.id = strategy_id where kind = 'auth_failures' $$,
  $$ values ('Test Quiet', '192.0.2.1', 'curl') $$, 'and is an incident, with its evidence');
select pg_temp.report('{"slug": "test-quiet"}');
select results_eq('select reason, address, count from reported where slug = ''test-quiet'' and not is_own',
  $$ values ('wrong_credential', null, 1::bigint) $$, 'a stranger is counted for its strategy in a flood on another');
select pg_temp.report(variadic array(
  select jsonb_build_object('reason', 'rotated_secret', 'remote_ip', '203.0.113.' || n)
  from generate_series(0, 99) as n));
select is(count(address), 50::bigint, 'a minute keeps at most 50 addresses of our own senders') from reported
where is_own;
select is(sum(count), 100::numeric, 'the others are still counted as ours') from reported
where is_own and reason = 'rotated_secret';

-- A flood on 150 strategies, without a known address, for 2 reasons.
select pg_temp.forget();
insert into public.strategies (name) select 'Test Many ' || n from generate_series(1, 150) as n;
select pg_temp.report(variadic array(
  select jsonb_build_object('slug', slug, 'remote_ip', null, 'reason', reason)
  from public.strategies, unnest('{no_credential,wrong_credential}'::text[]) as reason where slug like 'test-many-%'))
from generate_series(1, 2);
select is(count(distinct slug), 150::bigint, 'every strategy has a row of its own in a minute') from reported
where slug <> 'none';
select is(count(*), 250::bigint, 'and 100 more there are of all strategies') from reported where slug <> 'none';
select is(sum(count), 100::numeric, 'the rest is counted under no strategy') from reported where slug = 'none';

select public.record_auth_failures('[{"endpoint": "dedicated", "reason": "unknown_strategy", "count": 1}]');
select is(bucket_start, date_trunc('minute', bucket_start), 'what functions report is counted in a minute')
from public.auth_failures where reason = 'unknown_strategy';

-- Flushes: reports one failure of an isolate under a number.
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

select * from finish();
rollback;
