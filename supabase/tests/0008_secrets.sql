begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
delete from private.secrets where strategy_id is null and expires_at is not null;

-- Bytes 0 to 31, and what an independent HMAC-SHA-256 says of them.
create temp table known as select
  'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=' as secret,
  'TRUpnBDHu-NmQnAALpG-WV5Hbr69isRf_0taTIOUiBk' as token;

create function pg_temp.live(strategy text)
returns table (place bigint, secret text)
language sql
as $$
  select place, entry ->> 'secret'
  from public.strategies,
    jsonb_array_elements(private.live_secrets(strategies.id)) with ordinality as listed (entry, place)
  where slug = strategy;
$$;

-- Returns the tables that contain a text.
create function pg_temp.tables_with(needle text)
returns setof text
language plpgsql
as $$
declare
  stored regclass;
  found_there boolean;
begin
  for stored in
    select oid from pg_class
    where relkind in ('r', 'v', 'm')
      and relnamespace in ('public'::regnamespace, 'private'::regnamespace, 'pgmq'::regnamespace)
  loop
    execute format('select exists (select from %s as stored where position($1 in stored::text) > 0)', stored)
      into found_there using needle;
    if found_there then
      return next stored::text;
    end if;
  end loop;
end;
$$;

-- What a secret is
select is(private.secret_bytes(secret), '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'::bytea,
  'a secret''s bytes are its base64 decoded')
from known;
select is(private.secret_bytes(text), null, format('%s is no secret', to_json(text)))
from unnest(array[
  '', 'whsec_', 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=', 'WHSEC_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8', 'whsec_AAEC AwQF', 'whsec_AA-_', 'whsec_…Hh8',
  e'whsec_AAEC\n', 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=']) as text;
select is(private.url_token(secret), token, 'the URL token is an HMAC under the secret''s bytes, in base64url')
from known;
select is(private.secret_mask(secret), 'whsec_…dHh8', 'a mask shows the last four characters only') from known;

-- On insert
insert into public.strategies (name) values ('Test Secret'), ('Test Other');
select is(count(*), 1::bigint, 'a new strategy has one secret') from pg_temp.live('test-secret');
select is(length(private.secret_bytes(secret)), 32, 'a secret has 32 bytes') from pg_temp.live('test-secret');
select isnt(one.secret, other.secret, 'two strategies have two secrets')
from pg_temp.live('test-secret') as one, pg_temp.live('test-other') as other;
select is(webhook_secret, private.secret_mask(secret), 'the column shows the secret''s mask')
from public.strategies, pg_temp.live(slug) where slug = 'test-secret';
select is(jsonb_array_length(private.live_secrets(null)), 1, 'the router has a universal secret');
select is(webhook_secret, private.secret_mask(private.live_secrets(null) #>> '{0,secret}'),
  'the settings show the universal secret''s mask')
from public.router_settings;

-- What stays
create temp table first as select * from pg_temp.live('test-secret');
update public.strategies set webhook_secret = webhook_secret where slug = 'test-secret';
select results_eq('select * from pg_temp.live(''test-secret'')', 'table first', 'a mask written back changes nothing');
update public.strategies set name = 'Test Secret 1' where slug = 'test-secret';
select results_eq('select * from pg_temp.live(''test-secret'')', 'table first',
  'another column''s change keeps the secret');

-- What is refused
select throws_ok(
  format('update public.strategies set webhook_secret = %L where slug = ''test-secret''', given),
  '23514', 'Cannot use this secret: it must be whsec_ followed by at least 32 bytes in base64',
  format('%s is refused as a secret', promise))
from (values
  ('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==', 'a text of 31 bytes'),
  ('AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=', 'a text without whsec_'),
  ('whsec_…zzzz', 'another mask'),
  ('hunter2', 'a password')) as example (given, promise);
select throws_ok(
  'insert into public.strategies (name, webhook_secret) values (''Test Weak'', ''hunter2'')',
  '23514', null, 'a strategy is not registered with a weak secret');
select results_eq('select * from pg_temp.live(''test-secret'')', 'table first', 'a refused secret changes nothing');

-- Clearing the cell
update private.catalog_version set version = 1;
create temp table version_before as select version from public.strategies where slug = 'test-secret';
update public.strategies set webhook_secret = '' where slug = 'test-secret';
select is(count(*), 2::bigint, 'a cleared cell makes a second secret') from pg_temp.live('test-secret');
select is(live.secret, first.secret, 'the old secret lives on behind the new one')
from pg_temp.live('test-secret') as live, first where live.place = 2;
select is(webhook_secret, private.secret_mask(secret), 'the column shows the new secret''s mask')
from public.strategies, pg_temp.live(slug) as live where slug = 'test-secret' and live.place = 1;
select cmp_ok(expires_at, '>', now() + interval '23 hours', 'the old secret lives for about a day')
from private.secrets join public.strategies on strategies.id = strategy_id
where slug = 'test-secret' and expires_at is not null;
select is(strategies.version, version_before.version + 1, 'a rotation moves the strategy''s version')
from public.strategies, version_before where slug = 'test-secret';
select cmp_ok(version, '>', 1::bigint, 'a rotation moves the catalog''s version') from private.catalog_version;

-- A third is refused
select throws_ok(
  format('update public.strategies set webhook_secret = %L where slug = ''test-secret''', given),
  '55006', 'Cannot rotate: two secrets are live', format('while two are live, %s is refused', promise))
from (values ('', 'a third secret'), ((select secret from known), 'a given third secret')) as example (given, promise);
select throws_ok(
  format('update public.strategies set webhook_secret = %L where slug = ''test-secret''', private.secret_mask(secret)),
  '23514', null, 'the old secret''s mask does not bring it back')
from first;
update private.secrets set expires_at = clock_timestamp() where expires_at is not null;
select is(count(*), 1::bigint, 'an old secret whose time has come is dead') from pg_temp.live('test-secret');
select lives_ok(
  'update public.strategies set webhook_secret = null where slug = ''test-secret''',
  'after the old one''s end a new rotation begins');
select is_empty(
  'select from vault.decrypted_secrets as stored join first on first.secret = stored.decrypted_secret',
  'an ended secret has left Vault');

-- Writing a value
update public.strategies set webhook_secret = '  ' || secret || ' ' from known where slug = 'test-other';
select is(live.secret, known.secret, 'a written secret becomes the current one')
from pg_temp.live('test-other') as live, known where live.place = 1;
select is(webhook_secret, 'whsec_…dHh8', 'a written secret is masked at once')
from public.strategies where slug = 'test-other';
insert into public.strategies (name, webhook_secret) select 'Test Given', secret from known;
select is(live.secret, known.secret, 'a strategy may be registered with its sender''s secret')
from pg_temp.live('test-given') as live, known;

-- An upsert
insert into public.strategies (name) values ('Test Upserted');
do $$
begin
  insert into public.strategies (id, name) select id, 'Test Upsert' from public.strategies where slug = 'test-upserted'
  on conflict (id) do nothing;
exception when unique_violation then
  null;
end;
$$;
select is(count(*), 1::bigint, 'an upsert that inserts nothing rotates no secret') from pg_temp.live('test-upserted');
select isnt_empty(
  'select from private.strategy_names where name_key = ''test-upserted''',
  'an upsert that inserts nothing takes no name away');

-- The universal secret
update public.router_settings set webhook_secret = '';
select is(jsonb_array_length(private.live_secrets(null)), 2, 'the universal secret rotates in the same way');
select throws_ok(
  'update public.router_settings set webhook_secret = null',
  '55006', 'Cannot rotate: two secrets are live', 'a third universal secret is refused');
select is(jsonb_array_length(private.live_secrets(id)), 1,
  'a rotation of the universal secret is none of a strategy''s')
from public.strategies where slug = 'test-given';

-- Where the text is
select is_empty(
  format('select pg_temp.tables_with(%L)', needle), format('no table holds a secret''s %s', what))
from known, lateral (values
  (secret, 'text'), (substr(secret, 7), 'base64'), (token, 'token'),
  ('000102030405060708090a0b0c0d0e0f', 'bytes')) as searched (needle, what);
select is_empty(
  'select pg_temp.tables_with(decrypted_secret) from vault.decrypted_secrets
   where name like ''webhook_secret:%'' and created_at >= now()', -- made here: others' tests may have left hundreds
  'no table holds any live secret');
insert into public.strategies (name) select 'Test Leak ' || secret from known;
select set_has(
  'select pg_temp.tables_with(secret) from known', 'values (''strategies'')',
  'the search for secrets finds what is there');

-- Constraints
select throws_ok(
  'insert into private.secrets (strategy_id, vault_id, mask)
   select strategy_id, gen_random_uuid(), mask from private.secrets',
  '23505', 'duplicate key value violates unique constraint "secrets_one_current_per_strategy"',
  'a strategy has one current secret');
select throws_ok(
  'insert into private.secrets (strategy_id, vault_id, mask, expires_at)
   select strategy_id, vault_id, mask, now() from private.secrets where expires_at is null',
  '23505', 'duplicate key value violates unique constraint "secrets_vault_id_key"',
  'a text in Vault belongs to one secret');
select throws_ok(
  $$ set constraints all immediate;
     insert into private.secrets (strategy_id, vault_id, mask) values (gen_random_uuid(), gen_random_uuid(), '') $$,
  '23503', null, 'a secret belongs to a strategy or to the router');

select * from finish();
rollback;
