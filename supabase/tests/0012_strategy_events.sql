begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
update public.router_settings set phase = 'hybrid';

-- Returns the latest event of a kind.
create function pg_temp.latest(event text)
returns public.strategy_events
language sql
as $$
  select * from public.strategy_events where strategy_events.event = latest.event order by id desc limit 1;
$$;

insert into public.strategies (name) values ('Test Audit');
create temp table audited as select * from public.strategies where slug = 'test-audit';

select set_eq(
  'select event from public.strategy_events join audited on audited.id = strategy_id',
  array['registered', 'secret_made', 'route_added'], 'a registration is recorded, with its secret and its queue');
select is(details ->> 'name', 'Test Audit', 'a registration says what was registered')
from pg_temp.latest('registered');
select is(details ->> 'webhook_secret', audited.webhook_secret, 'a registration shows the secret''s mask')
from pg_temp.latest('registered'), audited;
select is(details ->> 'target', 'test_audit', 'a new route says where it goes') from pg_temp.latest('route_added');
select ok(details ? 'mask' and not details ? 'vault_id', 'a new secret is recorded by its mask')
from pg_temp.latest('secret_made');

update public.strategies set status = 'paused', rate_limit_per_minute = null where slug = 'test-audit';
select is(
  details,
  '{"status": {"from": "active", "to": "paused"}, "rate_limit_per_minute": {"from": 1000, "to": null}}',
  'a change says what changed, from what to what')
from pg_temp.latest('changed');

create temp table counted as select count(*) as events from public.strategy_events;
update public.strategies set status = 'paused' where slug = 'test-audit';
select is(count(*), counted.events, 'an update without a change is not recorded')
from public.strategy_events, counted group by counted.events;

update public.strategies set webhook_secret = '' where slug = 'test-audit';
select is(details #>> '{webhook_secret,from}', audited.webhook_secret, 'a rotation is recorded by masks')
from pg_temp.latest('changed'), audited;
select isnt(details #>> '{expires_at,to}', null, 'a rotation says when the old secret ends')
from pg_temp.latest('secret_changed');
select public.revoke_old_secret('test-audit');
select is(details ->> 'mask', audited.webhook_secret, 'the end of a secret is recorded')
from pg_temp.latest('secret_ended'), audited;

insert into public.routes (strategy_id, kind, target) select id, 'function', 'place-order' from audited;
update public.routes set send_secret_key = true where target = 'place-order';
select is(
  details - 'id', '{"send_secret_key": {"from": false, "to": true}}',
  'showing the secret key to a function is recorded')
from pg_temp.latest('route_changed');

update public.routes set enabled = false where target = 'test_audit';
select is(details -> 'enabled', '{"from": true, "to": false}', 'a route''s change is recorded')
from pg_temp.latest('route_changed');
delete from public.routes where target = 'test_audit';
select is(details ->> 'target', 'test_audit', 'a route''s end is recorded') from pg_temp.latest('route_deleted');

insert into public.routes (strategy_id, kind, target)
select id, 'http', 'https://a.example.com:8443/services/T0/canary' from audited;
select is(details ->> 'target', 'https://a.example.com:8443/…', 'a new URL is recorded without its path')
from pg_temp.latest('route_added');
update public.routes set target = 'https://a.example.com:8443/services/T0/canary2'
where target = 'https://a.example.com:8443/services/T0/canary';
select is(
  details - 'id', '{"target": {"from": "https://a.example.com:8443/…", "to": "https://a.example.com:8443/…"}}',
  'a changed path is recorded, without either')
from pg_temp.latest('route_changed');
delete from public.routes where target = 'https://a.example.com:8443/services/T0/canary2';
select is(details ->> 'target', 'https://a.example.com:8443/…', 'a deleted URL is recorded without its path')
from pg_temp.latest('route_deleted');

update public.router_settings set phase = 'automated';
select is(details -> 'phase', '{"from": "hybrid", "to": "automated"}', 'a change of the settings is recorded')
from pg_temp.latest('settings_changed');
select is(strategy_id, null, 'the settings are no strategy''s') from pg_temp.latest('settings_changed');

delete from public.strategies where slug = 'test-audit';
select is(strategy_id, audited.id, 'a deletion is recorded, and its history stays')
from pg_temp.latest('deleted'), audited;

-- Who
select is(actor, session_user::text, 'an actor who is not declared is the database login')
from pg_temp.latest('deleted');
select private.declare_actor('telegram:42');
insert into public.strategies (name) values ('Test Actor');
select is(actor, 'telegram:42', 'a declared actor is recorded') from pg_temp.latest('registered');
select private.declare_actor(null);
delete from public.strategies where slug = 'test-actor';
select is(actor, session_user::text, 'an actor can be withdrawn') from pg_temp.latest('deleted');

-- Append-only
select throws_ok(
  'update public.strategy_events set actor = ''nobody''',
  '23001', 'Cannot update strategy_events', 'history cannot be changed');
select throws_ok(
  'delete from public.strategy_events',
  '23001', 'Cannot delete strategy_events: rows are kept for router_settings.audit_retention',
  'history cannot be deleted early');
select throws_ok('truncate public.strategy_events', '23001', null, 'history cannot be emptied');
insert into public.strategy_events (occurred_at, event) values (now() - interval '401 days', 'changed');
select lives_ok(
  'delete from public.strategy_events where occurred_at < now() - interval ''400 days''',
  'history leaves when its time is over');
select throws_ok(
  'insert into public.strategy_events (event) values (''guessed'')',
  '23514', 'new row for relation "strategy_events" violates check constraint "strategy_events_event_is_known"',
  'an event is of a known kind');

-- Never a secret
insert into public.strategies (name, webhook_secret)
values ('Test Given', 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=');
update public.strategies set webhook_secret = '' where slug = 'test-given';
select is_empty(
  $$ select from public.strategy_events, vault.decrypted_secrets
     where position(substr(decrypted_secret, 7) in strategy_events::text) > 0
       and decrypted_secrets.name like 'webhook_secret:%' and decrypted_secrets.created_at >= now() $$,
  'the history contains no secret');

select * from finish();
rollback;
