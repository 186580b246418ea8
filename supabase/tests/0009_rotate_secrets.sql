begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
delete from private.secrets where strategy_id is null and expires_at is not null;

insert into public.strategies (name, slug, aliases) values ('Test Rotate', 'test-patched', '{Prov}');
insert into public.strategies (name, slug, aliases, webhook_secret)
values ('Test Endpoint', 'test-end', '{Finish}', 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=');

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
select is(jsonb_array_length(public.show_strategy('prov') -> 'secrets'), 1,
  'without an overlap the old secret ends at once');
select lives_ok('select public.rotate_secret(''prov'', null)', 'no overlap given is the default');
select throws_ok(
  'select public.rotate_secret(''nobody'')', 'P0002', null, 'an unknown strategy has no secret to be rotated');

select is(public.rotate_universal_secret(), 'rotated', 'the universal secret can be rotated');
select is(public.rotate_universal_secret(), 'rotation_in_progress',
  'while two universal secrets live there is no rotation');
select is(webhook_secret, public.show_universal() #>> '{secrets,0,mask}', 'the settings show the new mask')
from public.router_settings;

select public.revoke_old_universal_secret();

-- Revoking
update public.strategies set webhook_secret = '' where slug = 'test-end';
create temp table versions as
select strategies.version, catalog_version.version as catalog_version
from public.strategies, private.catalog_version where slug = 'test-end';
select ok(public.revoke_old_secret('finish', 'operator:7'), 'an old secret can be ended now');
select is(jsonb_array_length(private.live_secrets(id)), 1, 'a revoked secret is dead')
from public.strategies where slug = 'test-end';
select isnt(
  private.live_secrets(id) #>> '{0,secret}', 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  'the current secret lives on')
from public.strategies where slug = 'test-end';
select cmp_ok(strategies.version, '>', versions.version, 'revoking moves the strategy''s version')
from public.strategies, versions where slug = 'test-end';
select cmp_ok(catalog_version.version, '>', catalog_version, 'revoking moves the catalog''s version')
from private.catalog_version, versions;
select is(actor, 'operator:7', 'revoking is recorded with its actor')
from public.strategy_events join public.strategies on strategies.id = strategy_id
where event = 'secret_ended' and slug = 'test-end';
select is_empty(
  $$ select from vault.decrypted_secrets
     where decrypted_secret = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=' $$,
  'a revoked secret has left Vault');
select ok(not public.revoke_old_secret('test-end'), 'there is no old secret to be ended twice');
update public.strategies set webhook_secret = '' where slug = 'test-end';
update private.secrets set expires_at = clock_timestamp() where expires_at is not null;
select ok(not public.revoke_old_secret('test-end'), 'a secret that ended by itself was not live');
select throws_ok(
  'select public.revoke_old_secret(''nobody'')', 'P0002', null, 'an unknown strategy has no secret to be ended');

select ok(not public.revoke_old_universal_secret(), 'without a rotation there is no old universal secret');
update public.router_settings set webhook_secret = '';
update versions set version = settings.version from public.router_settings as settings;
select ok(public.revoke_old_universal_secret('operator:7'), 'an old universal secret can be ended now');
select is(jsonb_array_length(private.live_secrets(null)), 1, 'a revoked universal secret is dead');
select cmp_ok(settings.version, '>', versions.version, 'revoking moves the settings'' version')
from public.router_settings as settings, versions;
select is(jsonb_array_length(private.live_secrets(id)), 1, 'revoking the universal secret ends no strategy''s')
from public.strategies where slug = 'test-end';

-- A deleted strategy
create temp table vaulted as
select vault_id from private.secrets join public.strategies on strategies.id = strategy_id where slug = 'test-end';
delete from public.strategies where slug = 'test-end';
select is_empty(
  'select from vault.secrets join vaulted on vaulted.vault_id = secrets.id',
  'a deleted strategy''s secrets leave Vault');

select * from finish();
rollback;
