begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

insert into public.strategies (name) values ('Test Signal');

-- Stores a valid signal with these columns replaced.
create function pg_temp.store(deviation jsonb)
returns void
language sql
as $$
  insert into public.signals
  select (jsonb_populate_record(null::public.signals, jsonb_build_object(
    'id', gen_random_uuid(), 'strategy_id', strategies.id, 'request_id', gen_random_uuid(),
    'correlation_id', gen_random_uuid(), 'status', 'accepted', 'action', 'buy', 'received_at', now(),
    'expires_at', now(), 'endpoint', 'dedicated', 'is_test', false, 'routes', '[]'::jsonb, 'recorded_in',
    pg_current_xact_id(), 'payload', '{}'::jsonb) || deviation)).*
  from public.strategies where slug = 'test-signal';
$$;

select lives_ok(format('select pg_temp.store(%L)', deviation), format('a signal may have %s', deviation))
from unnest(array[
  '{}', '{"direction": "flat", "action": "exit"}', '{"quantity": 0, "confidence": 0}', '{"confidence": 1}',
  '{"price": -37.63}', '{"price": 123456789012345678901234567890.123456789}']::jsonb[]) as deviation;
select lives_ok(
  format('select pg_temp.store(%L)', jsonb_build_object('symbol', repeat('a', 64))), 'a symbol may have 64 characters');

select throws_ok(
  format('select pg_temp.store(%L)', deviation::jsonb),
  '23514', format('new row for relation "signals" violates check constraint "signals_%s"', rule),
  format('a signal cannot have %s', left(deviation, 40)))
from (values
  ('{"status": "lost"}', 'status_is_known'),
  ('{"action": "long"}', 'action_is_known'),
  ('{"direction": "up"}', 'direction_is_known'),
  ('{"symbol": "' || repeat('a', 65) || '"}', 'symbol_has_at_most_64_characters'),
  ('{"quantity": -0.1}', 'quantity_not_negative'),
  ('{"confidence": 1.1}', 'confidence_between_0_and_1'),
  ('{"confidence": -0.1}', 'confidence_between_0_and_1'),
  ('{"payload": []}', 'payload_is_an_object'),
  ('{"payload": 1}', 'payload_is_an_object')) as example (deviation, rule);

select throws_ok(
  format('select pg_temp.store(%L)', deviation), '23514', null, format('a number is a number: %s', deviation))
from unnest(array[
  '{"quantity": "NaN"}', '{"quantity": "Infinity"}', '{"price": "NaN"}', '{"price": "-Infinity"}',
  '{"confidence": "NaN"}']::jsonb[]) as deviation;
select throws_ok(
  format('select pg_temp.store(%L)', jsonb_build_object('strategy_id', gen_random_uuid())),
  '23503', null, 'a signal belongs to a strategy');
select throws_ok(
  'delete from public.strategies where slug = ''test-signal''',
  '23503', null, 'a strategy with signals is not deleted');

select * from finish();
rollback;
