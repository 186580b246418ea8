begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.incidents;
insert into public.strategies (name, slug) values ('Test Chain', 'test-chain');

-- Signals 'before>after action timeframe test', in order, recorded by transaction 7; 'x' before: not stated.
create function pg_temp.chain(variadic links text[])
returns void
language sql
as $$
  insert into public.signals (id, strategy_id, request_id, correlation_id, status, action, direction, intent, symbol,
    timeframe, is_test, received_at, expires_at, payload, recorded_in)
  select gen_random_uuid(), strategies.id, gen_random_uuid(), gen_random_uuid(), 'accepted',
    coalesce(nullif(parts[3], '-'), case when parts[2] = 'long' then 'buy' else 'sell' end),
    nullif(parts[2], 'close'), case parts[2] when 'close' then 'close' end, 'XAUUSD', parts[4],
    coalesce(parts[5] = 'test', false),
    now() - make_interval(secs => 1000 - place), now(),
    case when parts[1] = 'x' then '{}' else jsonb_build_object('prev_market_position', parts[1]) end, '7'
  from unnest(links) with ordinality as one (link, place), public.strategies,
    lateral (select regexp_split_to_array(link, '[> ]')) as split (parts)
  where slug = 'test-chain';
$$;
create function pg_temp.gaps(variadic links text[])
returns integer
language sql
as $$
  delete from public.signals where strategy_id = (select id from public.strategies where slug = 'test-chain');
  delete from public.incidents;
  select pg_temp.chain(variadic links);
  select private.watch_positions(row(now(), '5:5:', '10:10:')::private.monitor_pass);
  select coalesce(sum(count), 0)::integer from public.incidents;
$$;

select is(pg_temp.gaps(variadic links), gaps, promise)
from (values
  (array['flat>long', 'long>flat', 'flat>short', 'short>long'], 0, 'a chain without a gap is none'),
  (array['flat>long', 'flat>long'], 1, 'a close that was lost is a gap'),
  (array['flat>long', 'long>flat', 'long>flat'], 1, 'an entry that was lost is a gap'),
  (array['flat>long', 'short>flat buy'], 1, 'a position of the other side is a gap'),
  (array['x>long', 'flat>long'], 1, 'the first link may state no position before it'),
  (array['x>close', 'flat>long'], 0, 'a close leaves no position, whatever it says'),
  (array['x>long', 'x>close', 'long>flat'], 1, 'after a close nothing is open'),
  (array['flat>long - 60', 'flat>long - 15', 'long>flat - 60', 'long>flat - 15'], 0,
    'each timeframe is a chain of its own'),
  (array['flat>long - 60', 'flat>long - 60'], 1, 'within a timeframe a gap is one'),
  (array['flat>long', 'flat>long', 'long>flat', 'long>flat'], 0, 'two senders may take turns'),
  (array['flat>long', 'flat>short', 'long>flat', 'short>flat buy'], 0, 'also where they hold opposite positions'),
  (array['flat>long', 'flat>long', 'long>flat', 'flat>long', 'long>flat', 'long>flat', 'flat>long', 'long>flat'], 0,
    'also where one is busier than the other'),
  (array['flat>long', 'flat>long', 'long>flat', 'long>flat', 'flat>long', 'flat>long', 'short>flat buy'], 1,
    'what goes on from neither of two senders is a gap'),
  (array['flat>long', 'flat>long', 'long>flat', 'flat>long', 'long>flat', 'flat>long', 'long>flat', 'flat>long'], 1,
    'a position that nobody goes on from is no second sender'),
  (array['flat>long - 60', 'x>flat - 60 test', 'long>flat - 60'], 0, 'a test is no link'),
  (array['flat>long', 'elsewhere>long'], 0, 'a word that is no position says nothing'))
  as example (links, gaps, promise);

select is(pg_temp.gaps(format('%s>%s %s', before, after, action)), (not can_be)::integer,
  format('a %s from %s to %s %s', action, before, after, case when can_be then 'can be' else 'is a gap' end))
from (values
  ('buy', 'flat', 'long', true), ('buy', 'flat', 'short', false), ('buy', 'flat', 'flat', false),
  ('buy', 'long', 'long', true), ('buy', 'long', 'short', false), ('buy', 'long', 'flat', false),
  ('buy', 'short', 'long', true), ('buy', 'short', 'short', true), ('buy', 'short', 'flat', true),
  ('sell', 'flat', 'long', false), ('sell', 'flat', 'short', true), ('sell', 'flat', 'flat', false),
  ('sell', 'long', 'long', true), ('sell', 'long', 'short', true), ('sell', 'long', 'flat', true),
  ('sell', 'short', 'long', false), ('sell', 'short', 'short', true), ('sell', 'short', 'flat', false),
  ('exit', 'long', 'flat', true)) as example (action, before, after, can_be);
select is(pg_temp.gaps('long>flat buy'), 1);
select results_eq(
  $$ select details ->> 'meaning', details ->> 'correlation_id' = correlation_id::text
     from public.incidents join public.signals using (strategy_id) $$,
  $$ values ('A buy cannot lead from long to flat', true) $$, 'the incident says what cannot be, of which alert');

select * from finish();
rollback;
