begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
delete from public.routes where strategy_id is null;

-- Registering
select is(
  public.register_strategy(
    '{"name": "Test Provision", "status": "paused", "allowed_ips": ["10.0.0.1"], "dedupe_window": "1 minute",
      "rate_limit_per_minute": null, "routes": [{"kind": "http", "target": "https://example.com/hook"},
      {"kind": "queue", "target": "test_provision"}], "aliases": ["Prov"]}', 'operator:7'),
  '{"outcome": "created", "slug": "test-provision", "differences": []}',
  'a strategy can be registered');
select is(to_jsonb(strategies) - array['id', 'webhook_secret', 'created_at', 'updated_at'], '{
  "name": "Test Provision", "slug": "test-provision", "version": 1, "status": "paused", "routing": "both",
  "auth_methods": ["token", "hmac", "jwt"], "aliases": ["Prov"], "allowed_ips": ["10.0.0.1/32"],
  "rate_limit_per_minute": null, "over_limit": "hold", "shared_routes": true, "dedupe_by": "body",
  "dedupe_window": "00:01:00",
  "max_signal_age": "00:05:00", "max_exit_age": "24:00:00", "sides": "both", "max_alert_lag": null,
  "expected_every": null, "expected_calendar": null, "jwks": null, "payload_schema": null,
  "thresholds": null}',
  'given settings are registered, the rest has its defaults')
from public.strategies where slug = 'test-provision';
select set_eq(
  'select kind || '':'' || target from public.routes join public.strategies on strategies.id = strategy_id
   where slug = ''test-provision''',
  array['queue:test_provision', 'http:https://example.com/hook'],
  'given routes are added to the queue');
select set_eq(
  'select actor from public.strategy_events join public.strategies on strategies.id = strategy_id
   where slug = ''test-provision''',
  array['operator:7'], 'a registration is recorded with its actor');

create temp table counted as select count(*) as strategies, (select count(*) from public.strategy_events) as events
from public.strategies;
select is(
  public.register_strategy(settings),
  '{"outcome": "exists", "slug": "test-provision", "differences": []}',
  format('the same again is no conflict: %s', settings))
from unnest(array[
  '{"name": "Test Provision"}',
  '{"name": " test provision "}',
  '{"name": "Test Provision", "slug": "test-provision", "aliases": ["prov"]}',
  '{"name": "Test Provision", "slug": ""}',
  '{"name": "Test Provision", "status": "paused", "dedupe_window": "60 seconds", "allowed_ips": ["10.0.0.1/32"]}',
  '{"name": "Test Provision", "routes": [{"kind": "http", "target": "https://example.com/hook"}]}',
  '{"name": "Test Provision", "queue": true}']::jsonb[])
    as settings;
select is(
  public.register_strategy(settings),
  jsonb_build_object('outcome', 'conflict', 'slug', 'test-provision', 'differences', differences),
  format('other settings are a conflict: %s', settings))
from (values
  ('{"name": "Test Provision", "status": "active"}'::jsonb, array['status']),
  ('{"name": "Test Provision", "slug": "other"}', array['slug']),
  ('{"name": "Test Provision", "routing": "dedicated", "rate_limit_per_minute": 5}',
    array['rate_limit_per_minute', 'routing']),
  ('{"name": "Prov"}', array['name']),
  ('{"name": "test-provision"}', array['name']),
  ('{"name": "Test Provision", "aliases": ["Nobody"]}', array['aliases']),
  ('{"name": "Test Provision", "routes": [{"kind": "queue", "target": "other"}]}', array['routes']),
  ('{"name": "Test Provision", "queue": false}', array['queue']))
  as example (settings, differences);
select results_eq(
  'select count(*), (select count(*) from public.strategy_events) from public.strategies', 'table counted',
  'the same again and a conflict change nothing');

select throws_ok(
  format('select public.register_strategy(%L)', settings), errcode, null, promise)
from (values
  ('{"name": ""}', '23514', 'no strategy is registered without a name'),
  ('{}', '23502', 'no strategy is registered from nothing'),
  ('{"name": null}', '23502', 'no strategy is registered with a null name'),
  ('{"name": "Test Free", "slug": "test-provision"}', '23505', 'no strategy is registered under another''s slug'),
  ('{"name": "Test Free", "status": "asleep"}', '22P02', 'no strategy is registered with an unknown status'),
  ('{"name": "Test Free", "routes": [{"kind": "pigeon", "target": "x"}]}', '22P02', 'no route is of an unknown kind'),
  ('{"name": "Test Free", "routes": [{"kind": "queue", "target": ""}]}', '23514', 'no route goes nowhere'))
  as example (settings, errcode, promise);
select is_empty(
  'select from public.strategies where name = ''Test Free''', 'a registration is done as a whole or not at all');
select public.register_strategy(
  '{"name": "Test Fixed", "id": "00000000-0000-4000-8000-000000000000", "version": 9, "created_at": "2000-01-01",
    "webhook_secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}');
select ok(
  id <> '00000000-0000-4000-8000-000000000000' and version = 1 and created_at = now()
    and webhook_secret <> 'whsec_…dHh8',
  'columns that the database maintains cannot be given')
from public.strategies where slug = 'test-fixed';

-- The queue of its own
select public.register_strategy(settings)
from unnest(array[
  '{"name": "Test Alone"}', '{"name": "Test None", "queue": false}',
  '{"name": "Test Http", "routes": [{"kind": "http", "target": "https://example.com/1"}]}',
  '{"name": "Test Given", "routes": [{"kind": "queue", "target": "test_elsewhere"}]}',
  '{"name": "Test Both", "queue": true, "routes": [{"kind": "http", "target": "https://example.com/1"}]}']::jsonb[])
  as settings;
insert into public.strategies (name) values ('Test Studio');
select is(
  array(select kind || ':' || target from public.routes where strategy_id = strategies.id order by 1), expected,
  format('%s has the routes that its registration means', slug))
from (values
  ('test-alone', array['queue:test_alone']), ('test-none', '{}'), ('test-http', '{http:https://example.com/1}'),
  ('test-given', '{queue:test_elsewhere}'), ('test-both', '{http:https://example.com/1,queue:test_both}'),
  ('test-studio', '{queue:test_studio}')) as example (name, expected)
join public.strategies on slug = example.name;
select is(
  public.register_strategy(settings) -> 'differences', differences::jsonb, format('again with %s', settings))
from (values
  ('{"name": "Test Http", "routes": [{"kind": "http", "target": "https://example.com/1"}]}'::jsonb, '[]'),
  ('{"name": "Test Http", "routes": [{"kind": "http", "target": "https://example.com/1"}], "queue": false}', '[]'),
  ('{"name": "Test Http", "routes": [{"kind": "http", "target": "https://example.com/1"}], "queue": true}',
    '["queue"]'),
  ('{"name": "Test Given", "routes": [{"kind": "queue", "target": "test_elsewhere"}], "queue": false}', '[]'),
  ('{"name": "Test Both", "queue": true}', '[]'),
  ('{"name": "Test None"}', '[]')) as example (settings, differences);

-- Patching
select is(
  public.patch_strategy('prov', '{"status": "active", "max_alert_lag": "1 minute"}', 'operator:8') ->> 'status',
  'active', 'a patched strategy is shown as it is then');
select results_eq(
  'select status::text, max_alert_lag, rate_limit_per_minute, dedupe_window from public.strategies
   where slug = ''test-provision''',
  $$ values ('active', interval '1 minute', null::integer, interval '1 minute') $$,
  'a patch changes the given settings, and nothing else');
select is(actor, 'operator:8', 'a patch is recorded with its actor')
from public.strategy_events where event = 'changed' order by id desc limit 1;
select is(
  public.patch_strategy('prov', '{"slug": "test-patched"}') ->> 'slug', 'test-patched', 'a patch may change the slug');
select is(
  public.patch_strategy('prov', '{"slug": ""}') ->> 'slug', 'test-patched',
  'an empty slug in a patch counts as absent');
create temp table kept as select id, created_at, webhook_secret from public.strategies where slug = 'test-patched';
select public.patch_strategy('prov', '{"id": "00000000-0000-4000-8000-000000000000", "created_at": "2000-01-01",
  "webhook_secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}');
select results_eq(
  'select id, created_at, webhook_secret from public.strategies where slug = ''test-patched''', 'table kept',
  'columns that the database maintains cannot be patched');
select public.patch_strategy('prov', '{"expected_calendar": {"weekdays": ["sun"], "time_zone": "UTC"}}');
select is(expected_calendar, '{"weekdays": ["sun"], "time_zone": "UTC"}', 'a patch changes the calendar')
from public.strategies where slug = 'test-patched';
select throws_ok(
  'select public.patch_strategy(''nobody'', ''{}'')', 'P0002', 'No strategy is called "nobody"',
  'an unknown strategy cannot be patched');
select throws_ok(
  'select public.patch_strategy(''prov'', ''{"name": null}'')', '23502', null, 'a name cannot be taken away');

select * from finish();
rollback;
