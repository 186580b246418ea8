begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
update public.router_settings set functions_url = null, detected_url = null;

select public.register_strategy(
  '{"name": "Test Provision", "aliases": ["Prov"],
    "routes": [{"kind": "http", "target": "https://example.com/hook"}], "queue": true}');
insert into public.strategies (name) values ('Test Fixed');

-- Showing
select is(
  public.show_strategy(name) -> 'slug', '"test-provision"', format('"%s" is shown', name))
from unnest(array['test-provision', 'TEST PROVISION', 'prov']) as name;
select is(public.show_strategy('nobody'), null, 'an unknown strategy is not shown');
select is(
  jsonb_path_query_array(public.show_strategy('prov'), '$.routes[*].target'),
  '["test_provision", "https://example.com/…"]', 'a strategy is shown with its routes, without a URL''s path');
select is_empty(
  $$ select from (values (public.list_strategies()::text), (public.read_runbook()::text),
       (public.patch_strategy('prov', '{}')::text)) as answer (text)
     where text like '%example.com/hook%' $$,
  'no list, runbook or answer has a URL''s path');
select is(
  public.show_strategy('prov') #>> '{secrets,0,mask}', webhook_secret, 'a strategy is shown with its secret''s mask')
from public.strategies where slug = 'test-provision';
select set_has(
  'select entry ->> ''slug'' from jsonb_array_elements(public.list_strategies()) as entry',
  'values (''test-fixed''), (''test-provision'')', 'all strategies are listed');
select is_empty(
  $$ with shown as materialized (select public.list_strategies()::text || public.show_universal()::text as text)
     select from shown, vault.decrypted_secrets where position(substr(decrypted_secret, 7) in shown.text) > 0 $$,
  'a list contains no secret');

-- The kit
select is(
  public.read_kit('PROV') - array['strategy', 'functions_url', 'universal_token', 'message', 'indicator_message'],
  jsonb_build_object(
    'secret', revealed.secret, 'token', revealed.token,
    'route_secrets', (
      select jsonb_object_agg(routes.id, private.route_secret(routes.id)) from public.routes
      join public.strategies on strategies.id = strategy_id
      where strategies.id = (private.strategy_called('prov')).id and kind <> 'queue')),
  'a kit has the secrets of its strategy and of its routes')
from public.reveal_strategy('prov') as revealed;
select is(
  (public.read_kit('prov') -> 'strategy') - 'routes', public.show_strategy('prov') - 'routes',
  'a kit shows its strategy');
select is(
  jsonb_path_query_array(public.read_kit('prov'), '$.strategy.routes[*].target'),
  '["test_provision", "https://example.com/hook"]', 'a kit shows where its routes lead');
select is(public.read_kit('nobody'), null, 'an unknown strategy has no kit');

-- URLs
select public.report_urls('https://a.example.com', 'http://internal');
select is(
  array[public.read_kit('prov') ->> 'functions_url', public.show_universal() ->> 'functions_url'],
  '{https://a.example.com,https://a.example.com}', 'the URL that is reported is in force');
create temp table versions as select version from private.catalog_version;
select public.report_urls('https://a.example.com', 'http://internal');
select results_eq('select version from private.catalog_version', 'table versions',
  'a URL that is reported again moves no version');
update public.router_settings set functions_url = 'https://hooks.example.com';
select public.report_urls('https://b.example.com', 'http://internal');
select is(
  public.show_universal() ->> 'functions_url', 'https://hooks.example.com', 'a custom domain stays in force');

select * from finish();
rollback;
