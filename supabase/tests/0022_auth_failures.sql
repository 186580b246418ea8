begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

insert into public.strategies (name) values ('Test Senders');
insert into public.webhook_requests
  (id, correlation_id, strategy_id, endpoint, outcome, remote_ip, received_at, duration_ms)
select gen_random_uuid(), gen_random_uuid(), strategies.id, 'dedicated', 'accepted', remote_ip, now() - ago, 1
from public.strategies,
  (values ('192.0.2.1'::inet, interval '1 day'), ('192.0.2.1', '2 days'), ('2001:db8:1:2::3', '3 days'),
    ('192.0.2.9', '8 days'), (null, '1 day')) as request (remote_ip, ago)
where slug = 'test-senders';
select set_eq(
  $$ select unnest(private.known_addresses(id)) from public.strategies where slug = 'test-senders' $$,
  $$ values ('192.0.2.1'::inet), ('2001:db8:1:2::/64') $$,
  'the addresses of a strategy are those of its requests of 7 days, of IPv6 the networks');

select throws_ok(
  format('insert into public.auth_failures (bucket_start, endpoint, reason, count)
    select now(), endpoint, reason, count from jsonb_populate_record(null::public.auth_failures, %L)',
    '{"endpoint": "dedicated", "reason": "wrong_credential", "count": 1}'::jsonb || deviation),
  '23514', format('new row for relation "auth_failures" violates check constraint "auth_failures_%s"', rule),
  format('a failure cannot have %s', deviation))
from (values
  ('{"endpoint": "telegram"}'::jsonb, 'endpoint_is_known'),
  ('{"reason": "mood"}', 'reason_is_known'),
  ('{"count": 0}', 'count_positive')) as example (deviation, rule);

insert into public.auth_failures (bucket_start, endpoint, reason, count) values (now(), 'dedicated', 'token_reused', 1);
select throws_ok(
  $$ insert into public.auth_failures (bucket_start, endpoint, reason, count)
     values (now(), 'dedicated', 'token_reused', 1) $$,
  '23505', 'duplicate key value violates unique constraint "auth_failures_one_row_per_bucket"',
  'a bucket has one row for equal failures');

select * from finish();
rollback;
