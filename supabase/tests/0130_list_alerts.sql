begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

insert into public.strategies (name) values ('Test List');
create temp view strategy as select * from public.strategies where slug = 'test-list';

-- Requests at seconds 1 to 3000, three of them refused; one of each kind of failure. Ids count up.
create function pg_temp.id(n integer) returns uuid language sql immutable as
  $$ select ('00000000-0000-4000-8000-00000000' || lpad(n::text, 4, '0'))::uuid $$;
create function pg_temp.at(n integer) returns timestamptz language sql stable as
  $$ select now() - interval '1 hour' + n * interval '1 second' $$;

insert into public.webhook_requests (
  id, correlation_id, strategy_id, endpoint, outcome, code, problem, raw_body, received_at, duration_ms)
select pg_temp.id(n), pg_temp.id(n + 4000), id, 'dedicated',
  case when n in (7, 8, 2999) then 'invalid' else 'duplicate' end,
  case when n in (7, 8, 2999) then 'invalid_alert' end,
  case when n in (7, 8, 2999) then '{"errors": [{"message": "Not a number"}]}'::jsonb end,
  case when n = 8 then convert_to('{"signal":"Kräuter"}', 'UTF8') else '\xff' end, pg_temp.at(n), 1
from strategy, generate_series(1, 3000) as n;
insert into public.auth_failures (bucket_start, strategy_id, endpoint, reason, count, sample)
select pg_temp.at(2990), id, 'dedicated', 'wrong_credential', 12, '{"name": "test-list"}' from strategy;

-- Returns what a filter finds, page by page until the end.
create function pg_temp.find(filter jsonb, quantity integer)
returns table (page bigint, alert jsonb)
language sql
as $$
  with recursive pages as (
    select 1::bigint as page, public.list_alerts(find.filter || '{"strategy": "Test List"}', '{}', quantity) as found
    union all
    select page + 1, public.list_alerts(find.filter || '{"strategy": "Test List"}', found -> 'next', quantity)
    from pages where found -> 'next' <> 'null'
  )
  select page, alert from pages, jsonb_array_elements(found -> 'alerts') as alert;
$$;

select is(
  (select array_agg(distinct alert ->> 'outcome') from pg_temp.find('{}', 500)),
  '{duplicate,invalid,unauthenticated}', 'requests and failures of authentication are listed');
select is(
  (select count(*) from pg_temp.find('{}', 500)), 3001::bigint, 'page by page each alert is found');
select is(
  (select count(distinct alert ->> 'id') from pg_temp.find('{}', 499)), 3001::bigint, 'none is found twice');
select is(
  (select array_agg(alert ->> 'id' order by place) from jsonb_array_elements(
    public.list_alerts('{"strategy": "test-list"}', '{}', 2) -> 'alerts') with ordinality as listed (alert, place)),
  array[pg_temp.id(3000)::text, pg_temp.id(2999)::text], 'the newest come first');
select is(
  (select array_agg(alert ->> 'id' order by alert ->> 'id') from pg_temp.find('{"outcome": "invalid"}', 10)),
  array[pg_temp.id(7)::text, pg_temp.id(8)::text, pg_temp.id(2999)::text],
  'a filter finds what fits it, however far back');
select is(
  (select max(page) from pg_temp.find('{"code": "invalid_alert"}', 10)), 2::bigint,
  'a call examines a bounded number of rows');
select is(
  (select array_agg(alert ->> 'excerpt') from pg_temp.find('{"text": "KRÄUTER"}', 10)),
  '{"{\"signal\":\"Kräuter\"}"}', 'a text is found in bodies, whatever its case');
select is(
  (select array_agg(alert ->> 'id') from pg_temp.find(jsonb_build_object('text', pg_temp.id(4005)), 10)),
  array[pg_temp.id(5)::text], 'a text may be a correlation id');
select is(
  (select array_agg(distinct alert ->> 'detail') from pg_temp.find('{"outcome": "invalid"}', 10)), '{Not a number}',
  'a refused alert has its reason');
select is(
  (select alert - '{id,received_at}'::text[] from pg_temp.find('{"outcome": "unauthenticated"}', 10)),
  '{"correlation_id": null, "endpoint": "dedicated", "outcome": "unauthenticated", "code": "wrong_credential",
    "detail": "Asked for test-list", "remote_ip": null, "repaired": false, "duration_ms": null, "times": 12,
    "excerpt": null, "strategy": "test-list", "signal": null, "routes": []}',
  'failures of authentication are listed as they are counted');
select throws_ok(
  $$ select public.list_alerts('{"strategy": "nobody"}') $$, 'P0002', null, 'an unknown strategy is told');

-- An accepted alert
insert into public.signals (
  id, strategy_id, request_id, correlation_id, status, action, symbol, received_at, expires_at, payload, routes)
select pg_temp.id(9001), id, pg_temp.id(9002), pg_temp.id(9003), 'accepted', 'buy', 'XAUUSD', now(), now(), '{}',
  '{queue:test_list}'
from strategy;
insert into public.webhook_requests (
  id, correlation_id, strategy_id, signal_id, endpoint, outcome, received_at, duration_ms)
select pg_temp.id(9002), pg_temp.id(9003), id, pg_temp.id(9001), 'dedicated', 'accepted', now(), 1 from strategy;
insert into public.queue_outcomes (queue, message_id, signal_id, strategy_id, outcome, reads, worker)
select 'test_list', 1, pg_temp.id(9001), id, 'completed', 1, 'mt5' from strategy;
create temp view newest as
  select public.list_alerts('{"strategy": "test-list"}', '{}', 1) #> '{alerts,0}' as alert;
select is(alert #>> '{signal,symbol}', 'XAUUSD', 'an accepted alert has its signal') from newest;
select is(
  alert -> 'routes', '[{"route": "queue:test_list", "outcome": "executed"}]',
  'an accepted alert shows what became of it on each route') from newest;

select * from finish();
rollback;
