begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
update public.router_settings set functions_url = null, detected_url = null;

insert into public.strategies (name, slug) values ('Test Endpoint', 'test-end');

select is(url, null, 'while no URL is known, none is made up')
from public.strategy_endpoints where slug = 'test-end';

select public.report_urls('https://a.example.com/functions/v1', 'http://internal');
select is(url, 'https://a.example.com/functions/v1/webhook/test-end', 'an endpoint is under the reported URL')
from public.strategy_endpoints where slug = 'test-end';
update public.router_settings set functions_url = 'https://hooks.example.com';
select is(url, 'https://hooks.example.com/webhook/test-end', 'a custom domain precedes the reported URL')
from public.strategy_endpoints where slug = 'test-end';

-- Similar names
update public.router_settings set phase = 'hybrid';
insert into public.strategies (name, slug, aliases, routing, status) values
  ('TestSimilar', 'test-similar', '{Test-Semilar}', 'both', 'active'),
  ('TestSimilay', 'test-similay', '{}', 'dedicated', 'active'),
  ('TestSimilaz', 'test-similaz', '{}', 'both', 'archived');
select set_eq(
  $$ select name from jsonb_object_keys(public.find_similar_names('{TestSimilax}')) as name
     where name ~ '^test-?s.mila' $$,
  array['test-semilar', 'test-similar', 'testsimilar'],
  'similar are the names, slugs and aliases of strategies that the universal endpoint takes');
select is(public.find_similar_names('{TestSimilax}') -> 'test-semilar', '"test-similar"',
  'a similar name comes with its strategy''s slug');
select ok(not public.find_similar_names('{Test}') ? 'testsimilar',
  'a name that is more than two characters longer is not similar');
select is(public.find_similar_names(names), '{}', promise)
from (values
  ('{}'::text[], 'nothing asked is similar to nothing'),
  (null, 'no list is similar to nothing')) as example (names, promise);
update public.router_settings set phase = 'automated';
select is(public.find_similar_names('{TestSimilax}'), '{}',
  'where the universal endpoint takes nothing, it tells no names');

select * from finish();
rollback;
