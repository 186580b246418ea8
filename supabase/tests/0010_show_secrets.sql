begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

-- Removes what other tests left.
update public.router_settings set functions_url = null, detected_url = null;
delete from private.secrets where strategy_id is null and expires_at is not null;

insert into public.strategies (name, slug, aliases, webhook_secret)
values ('Test Endpoint', 'test-end', '{Finish}', 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=');

select matches(dedicated_url, '^<call provision once, or set router_settings.functions_url>/webhook/test-end\?token=',
  'while no URL is known, reveal_strategy says what to do')
from public.reveal_strategy('test-end');

update public.router_settings set functions_url = 'https://hooks.example.com';

select results_eq(
  format('select name, dedicated_url, secret, token from public.reveal_strategy(%L)', name),
  $$ values (
    'Test Endpoint', 'https://hooks.example.com/webhook/test-end?token=TRUpnBDHu-NmQnAALpG-WV5Hbr69isRf_0taTIOUiBk',
    'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=', 'TRUpnBDHu-NmQnAALpG-WV5Hbr69isRf_0taTIOUiBk') $$,
  format('"%s" is revealed ready to use', name))
from unnest(array['test-end', 'Test Endpoint', 'FINISH']) as name;
select is(
  universal_url,
  'https://hooks.example.com/webhook?token=' || private.url_token(private.live_secrets(null) #>> '{0,secret}'),
  'the universal URL is revealed with its own token')
from public.reveal_strategy('test-end');
select throws_ok(
  format('select public.reveal_strategy(%L)', name), 'P0002', format('No strategy is called "%s"', name),
  format('"%s" is nobody', name))
from unnest(array['nobody', '']) as name;

select is(
  array[message, indicator_message], array[kit ->> 'message', kit ->> 'indicator_message'],
  'the messages for TradingView are those of the kit')
from public.reveal_strategy('test-end'), public.read_kit('test-end') as kit;
select is(
  (select array_agg(part ->> 'strategy') from unnest(array[message, indicator_message]::jsonb[]) as part),
  '{test-end,test-end}', 'the messages for TradingView name the strategy')
from public.reveal_strategy('test-end');
select is_empty(
  $$ select value from public.reveal_strategy('test-end'), unnest(array[message, indicator_message]::jsonb[]) as part,
    jsonb_each(part) where jsonb_typeof(value) <> 'string' $$,
  'every value of the messages is text, so that NaN does not break the JSON');

select ok(not public.show_universal() ? 'secret', 'the universal secret is shown as a mask');
select is(
  public.show_universal(true) ->> 'token', private.url_token(private.live_secrets(null) #>> '{0,secret}'),
  'the universal token can be revealed');

-- The use of secrets
insert into public.strategies (name) values ('Test Second');
create function pg_temp.touch()
returns void
language sql
as $$
  select private.touch_secrets(array[secrets.id])
  from private.secrets join public.strategies on strategies.id = strategy_id where slug = 'test-second';
$$;
select pg_temp.touch();
select isnt(last_used_at, null, 'the use of a secret is recorded')
from private.secret_uses join private.secrets on id = secret_id join public.strategies on strategies.id = strategy_id
where slug = 'test-second' and expires_at is null;
update private.secret_uses set last_used_at = now() - interval '30 seconds';
select pg_temp.touch();
select is_empty(
  'select from private.secret_uses where last_used_at > now() - interval ''30 seconds''',
  'the use of a secret is recorded at most once a minute');
update private.secret_uses set last_used_at = now() - interval '2 minutes';
select pg_temp.touch();
select is(count(*), 1::bigint, 'a later use of a secret is recorded again')
from private.secret_uses where last_used_at = now();

select * from finish();
rollback;
