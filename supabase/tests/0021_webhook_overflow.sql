begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.incidents;
delete from public.webhook_overflow;
insert into public.strategies (name, slug) values ('Test Flood', 'test-flood');
-- As many requests without a signal as are kept in a minute.
insert into public.webhook_requests (id, correlation_id, strategy_id, endpoint, outcome, received_at, duration_ms)
select gen_random_uuid(), gen_random_uuid(), id, 'dedicated', 'duplicate', clock_timestamp() - interval '5 seconds', 1
from public.strategies, generate_series(1, 600) where slug = 'test-flood';

-- Ingests so many refused alerts.
create function pg_temp.refuse(path text, times integer, code text default 'invalid_alert')
returns void
language sql
as $$
  select public.ingest(jsonb_agg(jsonb_build_object(
    'strategy_id', strategies.id, 'strategy_version', strategies.version, 'settings_version', settings.version,
    'catalog_version', settings.version, 'secret_id', secrets.id, 'correlation_id', gen_random_uuid(),
    'endpoint', 'dedicated', 'auth_method', 'hmac', 'remote_ip', '192.0.2.1', 'repaired', false, 'elapsed_ms', 1,
    'raw_body', encode(convert_to('an alert', 'utf8'), 'base64'), 'refusal', jsonb_build_object(
      'outcome', 'invalid', 'code', refuse.code, 'problem', jsonb_build_object(
        'detail', 'Wrong', 'errors', jsonb_build_array(jsonb_build_object('path', refuse.path)))))))
  from public.strategies
  join private.secrets on strategy_id = strategies.id and expires_at is null,
  public.router_settings as settings, generate_series(1, refuse.times)
  where slug = 'test-flood';
$$;
create function pg_temp.watch()
returns void
language sql
as $$
  select private.watch_refusals(row(now(), pg_current_snapshot(), pg_current_snapshot())::private.monitor_pass);
$$;

select pg_temp.refuse('price', 30), pg_temp.refuse('action', 1), pg_temp.refuse('price', 12);
select is_empty(
  $$ select from public.webhook_requests join public.strategies on strategies.id = strategy_id
    where slug = 'test-flood' and code = 'invalid_alert' $$, 'beyond 600 a minute none is kept');
select results_eq('select fault, sum(count) from public.webhook_overflow group by 1 order by 1',
  $$ values ('invalid_alert action', 1::numeric), ('invalid_alert price', 42) $$, 'each fault is counted');
select pg_temp.watch();
select results_eq('select subject, count, details ->> ''meaning'' from public.incidents order by subject',
  $$ values
    ('invalid_alert action', 1::bigint, 'So many a minute that they are only counted, in webhook_overflow'),
    ('invalid_alert price', 42, 'So many a minute that they are only counted, in webhook_overflow') $$,
  'an incident counts what is not kept');
select pg_temp.watch();
select is(sum(count), 43::numeric, 'once') from public.incidents;
select pg_temp.refuse('price', 5);
select pg_temp.watch();
select results_eq('select count from public.incidents where subject = ''invalid_alert price''', array[47::bigint],
  'what comes later in the minute is counted on');

-- With an alert that was kept
update public.incidents set details = '{"correlation_id": "1", "excerpt": "kept"}' where true;
select pg_temp.refuse('price', 5);
select pg_temp.watch();
select results_eq($$ select count, details ->> 'excerpt' from public.incidents where subject = 'invalid_alert price' $$,
  $$ values (52::bigint, 'kept') $$, 'what is only counted replaces no evidence');

-- Many faults
select pg_temp.refuse('field ' || n, 2) from generate_series(1, 30) as n;
select is(count(distinct fault), 20::bigint, 'a minute counts at most 20 faults of a strategy apart')
from public.webhook_overflow;
select results_eq('select sum(count) from public.webhook_overflow where fault is null', array[24::numeric],
  'and the others together');
select pg_temp.refuse('field 1', 1);
select pg_temp.watch();
select is(sum(count), 114::numeric, 'every alert is in an incident''s count') from public.incidents;
select results_eq('select count from public.incidents where subject = ''more''', array[24::bigint],
  'the others in one incident');

-- Not lost alerts
delete from public.incidents;
delete from public.webhook_overflow;
select pg_temp.refuse('', 3, code => 'rate_limited');
select pg_temp.watch();
select is_empty('select from public.incidents', 'what the limit refused is told when it is refused');

select is(length(private.fault('invalid_alert', jsonb_build_object('errors', jsonb_build_array(
  jsonb_build_object('path', repeat('x', 9000)))), 'dedicated')), 214, 'a fault''s name has a bounded length');

select * from finish();
rollback;
