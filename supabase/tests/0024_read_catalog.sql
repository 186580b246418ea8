begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
update public.router_settings set phase = 'hybrid', require_https = true, functions_url = null, internal_url = null;

insert into public.strategies (name, slug, aliases, webhook_secret)
values ('Test Catalog', 'test-cat', '{Kitty}', 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=');
insert into public.strategies (name) values ('Test Other');

create function pg_temp.asked(name text)
returns jsonb
language sql
as $$
  select reading -> 'strategies' -> (reading -> 'names' ->> asked.name)
  from public.read_catalog(array[asked.name]) as reading;
$$;

select is(
  pg_temp.asked('test-cat') - array['id', 'secrets'],
  '{"version": 1, "name": "Test Catalog", "slug": "test-cat", "aliases": ["Kitty"], "status": "active",
    "routing": "both", "sides": "both", "auth_methods": ["token", "hmac", "jwt"], "allowed_ips": [],
    "dedupe_by": "body", "dedupe_seconds": 30, "max_lag_seconds": null, "jwks": null, "payload_schema": null,
    "previous_tokens": []}',
  'the catalog says what is needed to judge an alert');
select is(pg_temp.asked(name) -> 'slug', '"test-cat"', format('the strategy is found as "%s"', name))
from unnest(array['test-cat', 'TEST-CAT', 'Test Catalog', 'test catalog', 'kitty', 'KITTY']) as name;
select is(public.read_catalog(names) -> 'strategies', '{}', promise)
from (values
  (array['nobody'], 'an unknown name means no strategy'),
  (array[null]::text[], 'no name means no strategy'),
  ('{}'::text[], 'nothing asked is nothing answered'),
  (null, 'no list is nothing asked')) as example (names, promise);
select set_eq(
  $$ select jsonb_object_keys(public.read_catalog('{kitty,Test Other,test-cat,nobody}') -> 'names') $$,
  array['kitty', 'Test Other', 'test-cat'],
  'several names are answered at once, each as it was asked');
select is(
  (select count(*) from jsonb_object_keys(public.read_catalog('{kitty,KITTY,test-cat,TEST-CAT}') -> 'strategies')),
  1::bigint, 'a strategy is read once, however many of its names are asked');

select is(pg_temp.asked('test-cat') #>> '{secrets,0,secret}', 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  'a strategy comes with its secret''s text');
select is(pg_temp.asked('test-cat') #>> '{secrets,0,id}', secrets.id::text, 'a secret comes with its id')
from private.secrets where strategy_id = (pg_temp.asked('test-cat') ->> 'id')::uuid;
update public.strategies set webhook_secret = '' where slug = 'test-cat';
select is(
  pg_temp.asked('test-cat') #>> '{secrets,1,secret}', 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  'while a rotation lasts both secrets come, the new one first');
update private.secrets set expires_at = clock_timestamp() where expires_at is not null;
select is(jsonb_array_length(pg_temp.asked('test-cat') -> 'secrets'), 1, 'an ended secret does not come');

select is(
  (public.read_catalog('{}') -> 'settings') - array['secrets', 'previous_tokens'],
  jsonb_build_object('version', version, 'phase', 'hybrid', 'require_https', true, 'functions_url', null, 'urls_known',
    false),
  'the settings come always')
from public.router_settings;
select is(
  public.read_catalog('{}') #> '{settings,secrets}', private.live_secrets(null), 'the universal secret comes always');
select is((public.read_catalog('{}') ->> 'version')::bigint, version, 'the catalog''s version comes always')
from private.catalog_version;
update public.router_settings set internal_url = 'http://internal';
select is(public.read_catalog('{}') #> '{settings,urls_known}', 'true', 'the catalog says that the URLs are known');

select * from finish();
rollback;
