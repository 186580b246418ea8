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

select * from finish();
rollback;
