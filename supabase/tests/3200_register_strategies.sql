begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Whatever was there before.
delete from public.routes where strategy_id is null;
update public.router_settings set functions_url = null, detected_url = null;
delete from private.secrets where strategy_id is null and expires_at is not null;

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
  "rate_limit_per_minute": null, "over_limit": "hold", "shared_routes": true, "dedupe_by": "body", "dedupe_window": "00:01:00",
  "max_signal_age": "00:05:00", "max_alert_lag": null, "expected_every": null, "jwks": null, "payload_schema": null, "thresholds": null}',
  'what is given is registered, the rest has its defaults')
from public.strategies where slug = 'test-provision';
select set_eq(
  'select kind || '':'' || target from public.routes join public.strategies on strategies.id = strategy_id
   where slug = ''test-provision''',
  array['queue:test_provision', 'http:https://example.com/hook'],
  'given routes are added to the queue');
select set_eq(
  'select actor from public.strategy_events join public.strategies on strategies.id = strategy_id
   where slug = ''test-provision''',
  array['operator:7'], 'a registration is recorded with who did it');

create temp table counted as select count(*) as strategies, (select count(*) from public.strategy_events) as events
from public.strategies;
select is(
  public.register_strategy(settings),
  '{"outcome": "exists", "slug": "test-provision", "differences": []}', format('the same again is no conflict: %s', settings))
from unnest(array[
  '{"name": "Test Provision"}',
  '{"name": " test provision "}',
  '{"name": "Test Provision", "slug": "test-provision", "aliases": ["prov"]}',
  '{"name": "Test Provision", "slug": ""}',
  '{"name": "Test Provision", "status": "paused", "dedupe_window": "60 seconds", "allowed_ips": ["10.0.0.1/32"]}',
  '{"name": "Test Provision", "routes": [{"kind": "http", "target": "https://example.com/hook"}]}']::jsonb[]) as settings;
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
  ('{"name": "Test Provision", "routes": [{"kind": "queue", "target": "other"}]}', array['routes']))
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
  id <> '00000000-0000-4000-8000-000000000000' and version = 1 and created_at = now() and webhook_secret <> 'whsec_…dHh8',
  'what the database keeps itself cannot be given')
from public.strategies where slug = 'test-fixed';

-- Showing
select is(
  public.show_strategy(name) -> 'slug', '"test-provision"', format('"%s" is shown', name))
from unnest(array['test-provision', 'TEST PROVISION', 'prov']) as name;
select is(public.show_strategy('nobody'), null, 'an unknown strategy is not shown');
select is(
  jsonb_path_query_array(public.show_strategy('prov'), '$.routes[*].target'),
  '["test_provision", "https://example.com/hook"]', 'a strategy is shown with its routes');
select is(
  public.show_strategy('prov') #>> '{secrets,0,mask}', webhook_secret, 'a strategy is shown with its secret''s mask')
from public.strategies where slug = 'test-provision';
select set_has(
  'select entry ->> ''slug'' from jsonb_array_elements(public.list_strategies()) as entry',
  'values (''test-fixed''), (''test-provision'')', 'all strategies are listed');
select is_empty(
  $$ with shown as materialized (select public.list_strategies()::text || public.show_universal()::text as text)
     select from shown, vault.decrypted_secrets where position(substr(decrypted_secret, 7) in shown.text) > 0 $$,
  'what is listed holds no secret');

-- Patching
select is(
  public.patch_strategy('prov', '{"status": "active", "max_alert_lag": "1 minute"}', 'operator:8') ->> 'status',
  'active', 'a patched strategy is shown as it is then');
select results_eq(
  'select status::text, max_alert_lag, rate_limit_per_minute, dedupe_window from public.strategies where slug = ''test-provision''',
  $$ values ('active', interval '1 minute', null::integer, interval '1 minute') $$,
  'a patch changes what is given, and nothing else');
select is(actor, 'operator:8', 'a patch is recorded with who did it')
from public.strategy_events where event = 'changed' order by id desc limit 1;
select is(
  public.patch_strategy('prov', '{"slug": "test-patched"}') ->> 'slug', 'test-patched', 'a patch may change the slug');
select is(
  public.patch_strategy('prov', '{"slug": ""}') ->> 'slug', 'test-patched', 'an empty slug in a patch counts as absent');
create temp table kept as select id, created_at, webhook_secret from public.strategies where slug = 'test-patched';
select public.patch_strategy('prov', '{"id": "00000000-0000-4000-8000-000000000000", "created_at": "2000-01-01",
  "webhook_secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}');
select results_eq(
  'select id, created_at, webhook_secret from public.strategies where slug = ''test-patched''', 'table kept',
  'what the database keeps itself cannot be patched');
select throws_ok(
  'select public.patch_strategy(''nobody'', ''{}'')', 'P0002', 'No strategy is called "nobody"',
  'an unknown strategy cannot be patched');
select throws_ok(
  'select public.patch_strategy(''prov'', ''{"name": null}'')', '23502', null, 'a name cannot be taken away');

-- Rotating
select is(public.rotate_secret('prov', 60, 'operator:9'), 'rotated', 'a secret can be rotated');
select is(jsonb_array_length(public.show_strategy('prov') -> 'secrets'), 2, 'while a rotation lasts two secrets live');
select ok(
  (public.show_strategy('prov') #>> '{secrets,1,expires_at}')::timestamptz - clock_timestamp()
    between interval '50 seconds' and interval '60 seconds',
  'the old secret lives for the overlap that was asked for');
select is(webhook_secret, public.show_strategy('prov') #>> '{secrets,0,mask}', 'the column shows the new mask')
from public.strategies where slug = 'test-patched';
select is(public.rotate_secret('prov'), 'rotation_in_progress', 'while two secrets live there is no rotation');
select is(jsonb_array_length(public.show_strategy('prov') -> 'secrets'), 2, 'a refused rotation changes nothing');
select public.revoke_old_secret('prov');
select is(public.rotate_secret('prov', 0), 'rotated', 'after the old one''s end there is a rotation');
select is(jsonb_array_length(public.show_strategy('prov') -> 'secrets'), 1, 'without an overlap the old secret ends at once');
select lives_ok('select public.rotate_secret(''prov'', null)', 'no overlap given is the default');
select throws_ok(
  'select public.rotate_secret(''nobody'')', 'P0002', null, 'an unknown strategy has no secret to be rotated');

select is(public.rotate_universal_secret(), 'rotated', 'the universal secret can be rotated');
select is(public.rotate_universal_secret(), 'rotation_in_progress', 'while two universal secrets live there is no rotation');
select is(webhook_secret, public.show_universal() #>> '{secrets,0,mask}', 'the settings show the new mask')
from public.router_settings;
select ok(not public.show_universal() ? 'secret', 'the universal secret is shown as a mask');
select is(
  public.show_universal(true) ->> 'token', private.url_token(private.live_secrets(null) #>> '{0,secret}'),
  'the universal token can be revealed');

-- The kit
select is(
  public.read_kit('PROV') - array['strategy', 'functions_url', 'universal_token'],
  jsonb_build_object(
    'secret', revealed.secret, 'token', revealed.token,
    'route_secrets', (
      select jsonb_object_agg(routes.id, private.route_secret(routes.id)) from public.routes
      join public.strategies on strategies.id = strategy_id
      where strategies.id = (private.strategy_called('prov')).id and kind <> 'queue')),
  'a kit has the secrets of its strategy and of its routes')
from public.reveal_strategy('prov') as revealed;
select is(public.read_kit('prov') -> 'strategy', public.show_strategy('prov'), 'a kit shows its strategy');
select is(public.read_kit('nobody'), null, 'an unknown strategy has no kit');

-- URLs
select public.tell_urls('https://a.example.com', 'http://internal');
select is(
  array[public.read_kit('prov') ->> 'functions_url', public.show_universal() ->> 'functions_url'],
  '{https://a.example.com,https://a.example.com}', 'the URL that is reported is in force');
create temp table versions as select version from private.catalog_version;
select public.tell_urls('https://a.example.com', 'http://internal');
select results_eq('select version from private.catalog_version', 'table versions', 'a URL that is reported again moves no version');
update public.router_settings set functions_url = 'https://hooks.example.com';
select public.tell_urls('https://b.example.com', 'http://internal');
select is(
  public.show_universal() ->> 'functions_url', 'https://hooks.example.com', 'a custom domain stays in force');

select * from finish();
rollback;
