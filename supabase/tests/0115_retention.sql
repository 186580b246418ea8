begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.signals;
delete from public.webhook_requests;
delete from private.dedupe_keys;
delete from public.auth_failures;
update private.retention set bodies_cleared_until = '-infinity' where singleton;
insert into public.strategies (name) values ('Test Retention');

-- Five of each that are too old, and one that is kept.
insert into public.signals
  (id, strategy_id, request_id, correlation_id, status, action, received_at, expires_at, payload)
select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy',
  now() - interval '400 days' + (n - 5.5) * interval '1 hour', now(), '{}'
from public.strategies, generate_series(1, 6) as n where slug = 'test-retention';
insert into public.webhook_requests (id, correlation_id, endpoint, outcome, raw_body, received_at, duration_ms)
select gen_random_uuid(), gen_random_uuid(), 'dedicated', 'accepted', 'body',
  now() - interval '30 days' + (n - 5.5) * interval '1 hour', 1
from generate_series(1, 6) as n;
insert into private.dedupe_keys (strategy_id, kind, value, body_digest, signal_id, seconds, expires_at)
select id, 'body', n::text, '', gen_random_uuid(), 30, now() - interval '1 minute' + (n - 5.5) * interval '1 second'
from public.strategies, generate_series(1, 6) as n where slug = 'test-retention';

create function pg_temp.left_over()
returns text
language sql
as $$
  select format('%s bodies, %s keys, %s signals',
    (select count(raw_body) from public.webhook_requests),
    (select count(*) from private.dedupe_keys),
    (select count(*) from public.signals));
$$;

select results_eq(
  $$select private.delete_expired(at_most => 2), left_over from pg_temp.left_over() $$,
  $$values (true, '6 bodies, 6 keys, 6 signals')$$, 'a step says that more is left');
select is(pg_temp.left_over(), '4 bodies, 6 keys, 6 signals', 'a step takes at most so many rows of a table');
select ok(private.delete_expired(at_most => 2), format('step %s leaves something', step))
from generate_series(2, 6) as step;
select ok(not private.delete_expired(at_most => 2), 'the last step leaves nothing');
select is(pg_temp.left_over(), '1 bodies, 1 keys, 1 signals', 'what is too old is gone, and nothing else');
select ok(not private.delete_expired(at_most => 2), 'a run without anything to do ends at once');

insert into public.auth_failures (bucket_start, endpoint, reason, count)
select date_trunc('hour', now()) - ago, 'dedicated', 'token_reused', 1
from (values (interval '40 days'), ('29 days'), ('28 days'), ('29 days' - interval '1 minute'), ('25 hours'))
  as old (ago);
select ok(private.delete_expired(), format('step %s merges an hour of failures', step))
from generate_series(1, 3) as step;
select ok(not private.delete_expired(), 'until the last hours are merged');
select results_eq(
  'select bucket_start - date_trunc(''hour'', now()), count from public.auth_failures order by 1',
  $$values (interval '-29 days', 2::bigint), ('-28 days', 1), ('-25 hours', 1)$$,
  'failures are kept by the minute for a day, by the hour for 30');

select * from finish();
rollback;
