begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Whatever was there before.
update public.router_settings set functions_url = null, detected_url = null;
delete from private.secrets where strategy_id is null and expires_at is not null;

insert into public.strategies (name, slug, aliases, webhook_secret)
values ('Test Endpoint', 'test-end', '{Finish}', 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=');

select is(url, null, 'while nobody told the URL, none is made up')
from public.strategy_endpoints where slug = 'test-end';
select matches(dedicated_url, '^<call provision once, or set router_settings.functions_url>/webhook/test-end\?token=',
  'while nobody told the URL, reveal_strategy says what to do')
from public.reveal_strategy('test-end');
select public.tell_urls('https://a.example.com/functions/v1', 'http://internal');
select is(url, 'https://a.example.com/functions/v1/webhook/test-end', 'an endpoint is under the URL that was told')
from public.strategy_endpoints where slug = 'test-end';
update public.router_settings set functions_url = 'https://hooks.example.com';
select is(url, 'https://hooks.example.com/webhook/test-end', 'a custom domain goes before what was told')
from public.strategy_endpoints where slug = 'test-end';

select results_eq(
  format('select name, dedicated_url, secret, token from public.reveal_strategy(%L)', name),
  $$ values (
    'Test Endpoint', 'https://hooks.example.com/webhook/test-end?token=TRUpnBDHu-NmQnAALpG-WV5Hbr69isRf_0taTIOUiBk',
    'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=', 'TRUpnBDHu-NmQnAALpG-WV5Hbr69isRf_0taTIOUiBk') $$,
  format('"%s" is revealed ready to use', name))
from unnest(array['test-end', 'Test Endpoint', 'FINISH']) as name;
select is(
  universal_url, 'https://hooks.example.com/webhook?token=' || private.url_token(private.live_secrets(null) #>> '{0,secret}'),
  'the universal URL is revealed with its own token')
from public.reveal_strategy('test-end');
select throws_ok(
  format('select public.reveal_strategy(%L)', name), 'P0002', format('No strategy is called "%s"', name),
  format('"%s" is nobody', name))
from unnest(array['nobody', '']) as name;

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
select is(actor, 'operator:7', 'revoking is recorded with who did it')
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

select * from finish();
rollback;
