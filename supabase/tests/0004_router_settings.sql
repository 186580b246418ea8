begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

select col_default_is('public', 'router_settings', column_name, value,
  format('%s is %s from birth', column_name, value))
from (values
  ('phase', 'hybrid'), ('require_https', 'true'), ('raw_body_retention', '30 days'), ('audit_retention', '400 days'))
  as birth (column_name, value);
select is(count(*), 1::bigint, 'the settings are there from birth') from public.router_settings;

select throws_ok(
  'insert into public.router_settings (singleton) values (true)',
  '23505', null, 'there is one row of settings');
select throws_ok(
  'insert into public.router_settings (singleton) values (false)',
  '23514', 'new row for relation "router_settings" violates check constraint "router_settings_has_one_row"',
  'there is no other row of settings');
select throws_ok(
  'insert into private.catalog_version (singleton) values (false)',
  '23514', 'new row for relation "catalog_version" violates check constraint "catalog_version_has_one_row"',
  'the catalog has one version');
select throws_ok(
  format('update public.router_settings set functions_url = %L', url),
  '23514',
  'new row for relation "router_settings" violates check constraint "router_settings_functions_url_is_a_base_url"',
  format('functions_url cannot be "%s"', url))
from unnest(array[
  'hooks.example.com', 'ftp://hooks.example.com', 'https://hooks.example.com/functions?x=1',
  'https://hooks.example.com/#top', 'https://hooks example.com', 'https://']) as url;
select throws_ok(
  'update public.router_settings set raw_body_retention = ''0''',
  '23514',
  'new row for relation "router_settings" violates check constraint "router_settings_raw_body_retention_positive"',
  'raw bodies are kept for some time');
select throws_ok(
  'update public.router_settings set audit_retention = ''-1 day''',
  '23514',
  'new row for relation "router_settings" violates check constraint "router_settings_audit_retention_positive"',
  'the audit is kept for some time');

update public.router_settings set internal_url = null, functions_url = 'https://hooks.example.com/functions/v1/';
select is(functions_url, 'https://hooks.example.com/functions/v1', 'a slash at the end of functions_url is dropped')
from public.router_settings;
update public.router_settings set functions_url = '';
select is(functions_url, null, 'an empty functions_url counts as absent') from public.router_settings;

create temp table before as
select settings.version as settings_version, catalog_version.version as catalog_version
from public.router_settings as settings, private.catalog_version;
update public.router_settings set phase = 'automated';
select is(version, settings_version + 1, 'a change moves the settings'' version') from public.router_settings, before;
select cmp_ok(version, '>', catalog_version, 'a change moves the catalog''s version')
from private.catalog_version, before;
select is(updated_at, now(), 'a change is dated') from public.router_settings;

select private.save_urls('https://a.example.com', 'http://a.internal', overwrite => false);
select is(internal_url, 'http://a.internal', 'while no internal_url is known, an alert may report it')
from public.router_settings;
select private.save_urls('https://b.example.com', 'http://b.internal', overwrite => false);
select is(internal_url, 'http://a.internal', 'an alert cannot change a known internal_url') from public.router_settings;
select private.save_urls('https://b.example.com', 'http://b.internal', overwrite => true);
select is(array[detected_url, internal_url], array['https://b.example.com', 'http://b.internal'],
  'provision can change known URLs')
from public.router_settings;

-- The first alert
update public.router_settings set functions_url = null, detected_url = null, internal_url = null;
create temp table versions as select version from private.catalog_version;
select public.ingest('[]', null);
select is(internal_url, null, 'an alert that reports no URLs leaves them unknown') from public.router_settings;
select public.ingest('[]', '{"detected_url": "https://a.example.com", "internal_url": "http://internal"}');
select is(array[detected_url, internal_url], '{https://a.example.com,http://internal}',
  'the first alert reports the URLs')
from public.router_settings;
update versions set version = catalog_version.version from private.catalog_version;
select public.ingest('[]', '{"detected_url": "https://b.example.com", "internal_url": "http://other"}');
select is(internal_url, 'http://internal', 'a later alert does not change the URLs') from public.router_settings;
select results_eq(
  'select version from private.catalog_version', 'table versions', 'alerts that report known URLs move no version');

select * from finish();
rollback;
