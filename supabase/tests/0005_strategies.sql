begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Slugs
select is(private.slugify(name), slug, format('the slug of "%s" is %s', name, slug))
from (values
  ('DynamicGoldBreakout', 'dynamic-goldbreakout'),
  ('DynamicForex', 'dynamic-forex'),
  ('Dynamic Gold', 'dynamic-gold'),
  ('Dynamic  --  Gold', 'dynamic-gold'),
  ('BTC', 'btc'),
  ('BTCTrend', 'btctrend'),
  ('dynamicGold', 'dynamicgold'),
  ('Ema20Cross', 'ema20-cross'),
  ('Über Größe', 'uber-gro-e'),
  ('ÉcoleBleue', 'ecole-bleue'),
  ('Sao Paulo é', 'sao-paulo-e'),
  ('  -Gold- ', 'gold'),
  ('!!!', 'strategy'),
  ('金', 'strategy'),
  ('', 'strategy'),
  (repeat('a', 100), repeat('a', 40)),
  (repeat('a', 39) || ' bc', repeat('a', 39))) as example (name, slug);

insert into public.strategies (name) values ('TestAlpha Gold'), ('testalpha!gold'), ('TESTALPHA/GOLD');
select results_eq(
  'select slug from public.strategies where name ~* ''^testalpha'' order by slug',
  array['test-alpha-gold', 'testalpha-gold', 'testalpha-gold-2'],
  'a taken slug gets -2, in one statement with several rows too');
insert into public.strategies (name) values (repeat('b', 50)), (repeat('b', 51));
select is(slug, repeat('b', 38) || '-2', 'a slug with a number behind it has at most 40 characters')
from public.strategies where name = repeat('b', 51);
insert into public.strategies (name, slug) values ('Test Own Slug', 'my-own-1');
select is(slug, 'my-own-1', 'an operator may choose the slug') from public.strategies where name = 'Test Own Slug';
insert into public.strategies (name, slug, aliases) values ('  Test Blank  ', ' ', array['', '  ', ' Tb ', 'Tb',
  'test blank']);
select is(slug, 'test-blank', 'an empty slug counts as absent') from public.strategies where name = 'Test Blank';
select is(aliases, array['Tb'], 'empty, repeated and needless aliases count as absent')
from public.strategies where slug = 'test-blank';
insert into public.strategies (name, slug, aliases) values ('Test Null', null, null);
select is(aliases, '{}', 'no aliases are an empty list') from public.strategies where slug = 'test-null';

-- Defaults
select is(to_jsonb(strategies) - array['id', 'name', 'slug', 'webhook_secret', 'version', 'created_at', 'updated_at'],
  '{
  "status": "active", "routing": "both", "auth_methods": ["token", "hmac", "jwt"], "aliases": [], "allowed_ips": [],
  "rate_limit_per_minute": 1000, "over_limit": "hold", "shared_routes": true, "dedupe_by": "body",
  "dedupe_window": "00:00:30",
  "max_signal_age": "00:05:00", "max_exit_age": "24:00:00", "sides": "both", "max_alert_lag": null,
  "expected_every": null, "expected_calendar": null, "jwks": null, "payload_schema": null,
  "thresholds": null}',
  'a strategy needs no more than a name')
from public.strategies where slug = 'test-null';

-- Constraints
select throws_ok(
  format('update public.strategies set %I = %s where slug = ''test-null''', deviation.column_name, deviation.value),
  '23514',
  format('new row for relation "strategies" violates check constraint "strategies_%s"', deviation.rule),
  format('%s cannot be %s', deviation.column_name, left(deviation.value, 40)))
from (values
  ('name', '''''', 'name_has_1_to_100_printable_characters'),
  ('name', '''   ''', 'name_has_1_to_100_printable_characters'),
  ('name', 'repeat(''a'', 101)', 'name_has_1_to_100_printable_characters'),
  ('name', 'e''a\nb''', 'name_has_1_to_100_printable_characters'),
  ('slug', '''Upper''', 'slug_is_lower_case_words_joined_by_hyphens'),
  ('slug', '''two--hyphens''', 'slug_is_lower_case_words_joined_by_hyphens'),
  ('slug', '''-first''', 'slug_is_lower_case_words_joined_by_hyphens'),
  ('slug', '''under_score''', 'slug_is_lower_case_words_joined_by_hyphens'),
  ('slug', 'repeat(''a'', 41)', 'slug_is_lower_case_words_joined_by_hyphens'),
  ('auth_methods', '''{token,null}''', 'auth_methods_hold_no_null'),
  ('rate_limit_per_minute', '0', 'rate_limit_per_minute_positive'),
  ('dedupe_window', '''-1 second''', 'dedupe_window_between_0_and_1_day'),
  ('dedupe_window', '''1 day 1 second''', 'dedupe_window_between_0_and_1_day'),
  ('max_signal_age', '''0''', 'max_signal_age_positive'),
  ('max_alert_lag', '''0''', 'max_alert_lag_positive'),
  ('expected_every', '''0''', 'expected_every_positive'),
  ('jwks', '''{}''', 'jwks_is_a_key_set'),
  ('jwks', '''[]''', 'jwks_is_a_key_set'),
  ('jwks', '''{"keys": {}}''', 'jwks_is_a_key_set'),
  ('payload_schema', '''[]''', 'payload_schema_is_an_object')) as deviation (column_name, value, rule);
select throws_ok(
  format('update public.strategies set jwks = %L where slug = ''test-null''', jwks),
  '23514', 'Cannot keep this jwks: it has a private or symmetric key', format('%s is refused, not shown', jwks))
from unnest(array[
  '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "canary"}]}',
  '{"keys": [{"kty": "RSA", "n": "AA", "e": "AQAB", "p": "canary"}]}',
  '{"keys": [{"kty": "oct"}]}', '{"keys": [{"kty": "EC"}, {"k": "canary"}]}',
  '{"keys": {"kty": "EC", "d": "canary"}}', '{"kty": "EC", "d": "canary"}', '[{"d": "canary"}]']) as jwks;
select throws_ok(
  'insert into public.strategies (name, jwks) values (''Test Private'', ''{"keys": [{"kty": "oct"}]}'')',
  '23514', 'Cannot keep this jwks: it has a private or symmetric key', 'a new strategy brings no private key');
select lives_ok(
  format('update public.strategies set %s where slug = ''test-null''', assignment),
  format('%s is allowed', assignment))
from unnest(array[
  'rate_limit_per_minute = null', 'auth_methods = ''{}''', 'dedupe_window = ''0''', 'dedupe_window = ''1 day''',
  'jwks = ''{"keys": []}''',
  'jwks = ''{"keys": [{"kty": "OKP", "x": "AA"}]}''', 'payload_schema = ''{}''']) as assignment;

-- One namespace of names
select throws_ok(
  format('insert into public.strategies (name, slug, aliases) values (%L, %L, %L)', name, slug, aliases),
  '23505', message, promise)
from (values
  ('TEST OWN SLUG', 'free-1', '{}'::text[],
    'Cannot use "test own slug": it is a name, slug or alias of strategy "Test Own Slug"',
    'a name is not given twice, whatever its case'),
  ('My-Own-1', 'free-1', '{}',
    'Cannot use "my-own-1": it is a name, slug or alias of strategy "Test Own Slug"',
    'a name is not another''s slug'),
  ('Free 1', 'my-own-1', '{}',
    'Cannot use "my-own-1": it is a name, slug or alias of strategy "Test Own Slug"',
    'a slug is not given twice'),
  ('tb', 'free-1', '{}',
    'Cannot use "tb": it is a name, slug or alias of strategy "Test Blank"',
    'a name is not another''s alias'),
  ('Free 1', 'free-1', '{Test Own Slug}',
    'Cannot use "test own slug": it is a name, slug or alias of strategy "Test Own Slug"',
    'an alias is not another''s name'),
  ('Free 1', 'free-1', '{MY-OWN-1}',
    'Cannot use "my-own-1": it is a name, slug or alias of strategy "Test Own Slug"',
    'an alias is not another''s slug'),
  ('Free 1', 'free-1', '{ TB }',
    'Cannot use "tb": it is a name, slug or alias of strategy "Test Blank"',
    'an alias is not another''s alias')) as example (name, slug, aliases, message, promise);
select throws_ok(
  'insert into public.strategies (name) values (''Test Twice''), (''TEST TWICE'')',
  '23505', null, 'two rows of one statement cannot have one name');
select throws_ok(
  'update public.strategies set name = ''test own slug'' where slug = ''test-null''',
  '23505', null, 'a strategy cannot take another''s name');
select throws_ok(
  $$ set constraints all immediate;
     insert into private.strategy_names values ('nobody', gen_random_uuid()) $$,
  '23503', null, 'a name belongs to a strategy');
set constraints all deferred;

-- Renaming
insert into public.strategies (name) values ('Test Before');
create temp table renamed as select id, version from public.strategies where slug = 'test-before';
create temp table catalog_before as select version from private.catalog_version;
update public.strategies set name = 'Test After', slug = 'test-after' from renamed where strategies.id = renamed.id;
select is(aliases, array['Test Before', 'test-before'], 'a changed name and slug stay aliases')
from public.strategies where slug = 'test-after';
select is(strategies.version, renamed.version + 1, 'a change moves the strategy''s version')
from public.strategies join renamed using (id);
select cmp_ok(catalog_version.version, '>', catalog_before.version, 'a change moves the catalog''s version')
from private.catalog_version, catalog_before;
select is(updated_at, now(), 'a change is dated') from public.strategies where slug = 'test-after';
select throws_ok(
  'insert into public.strategies (name) values (''test before'')',
  '23505', null, 'an old name is not given to another strategy');
update public.strategies set slug = '' where slug = 'test-after';
select is(count(*), 1::bigint, 'a cleared slug keeps the one there was')
from public.strategies where slug = 'test-after';
update public.strategies set name = 'TEST AFTER' where slug = 'test-after';
select is(aliases, array['Test Before', 'test-before'], 'another case of a name is no alias')
from public.strategies where slug = 'test-after';
update public.strategies set name = 'Test Before' where slug = 'test-after';
select set_eq(
  'select unnest(aliases) from public.strategies where slug = ''test-after''', array['test-before', 'TEST AFTER'],
  'a name that is restored is no longer an alias');
update public.strategies set aliases = '{}' where slug = 'test-after';
select set_eq(
  'select name_key from private.strategy_names join renamed on renamed.id = strategy_names.strategy_id',
  array['test before', 'test-after'], 'an alias that is removed is free again');
select lives_ok(
  'insert into public.strategies (name, slug) values (''Test Heir'', ''test-before'')', 'a free name can be given');

delete from public.strategies where slug = 'my-own-1';
select is_empty(
  'select from private.strategy_names where name_key in (''my-own-1'', ''test own slug'')',
  'a deleted strategy leaves its names');

update private.catalog_version set version = 1;
delete from public.strategies where slug = 'test-after';
select is(version, 2::bigint, 'deleting a strategy moves the catalog''s version') from private.catalog_version;
insert into public.strategies (name) values ('Test Last');
select is(version, 3::bigint, 'registering a strategy moves the catalog''s version') from private.catalog_version;

select * from finish();
rollback;
