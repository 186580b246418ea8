begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

insert into public.strategies (name) values ('Test Worker');
create temp table made as select public.create_worker('test worker', '{test-worker}') as answer;
create temp table rotated as
select public.rotate_worker_key((answer #>> '{worker,id}')::uuid, 3600) as answer from made;

create function pg_temp.digest(answer jsonb)
returns text
language sql
as $$
  select encode(extensions.digest(answer ->> 'key', 'sha256'), 'hex');
$$;

create function pg_temp.heartbeat(answer jsonb)
returns jsonb
language sql
as $$
  select public.worker_heartbeat(pg_temp.digest(answer), '192.0.2.1');
$$;

select matches(answer ->> 'key', '^wk_[A-Za-z0-9_-]{43}$', 'a key is 32 random bytes in base64url') from made;
select is(answer #> '{worker,queues}', '["test_worker"]', 'a strategy''s name stands for its queue') from made;
select is(answer #> '{worker,live_keys}', '1', 'a worker is shown with the key that it was just given') from made;
select is(pg_temp.heartbeat(answer), '{"worker": "test worker"}', 'a new key is live') from rotated;
select is(pg_temp.heartbeat(answer), '{"worker": "test worker"}', 'during the overlap the old key is live') from made;

update private.worker_keys set ends_at = clock_timestamp() where ends_at is not null;
select is(pg_temp.heartbeat(answer), '{"refusal": "not_authorized"}', 'after the overlap the old key is dead')
from made;
select is(
  public.count_claimable(jsonb_build_array(
    jsonb_build_object('key_digest', pg_temp.digest(made.answer), 'tests', false),
    jsonb_build_object('key_digest', pg_temp.digest(rotated.answer), 'tests', false))),
  '[-1, 0]', 'who waits with a dead key is told so') from made, rotated;
select is(public.rotate_worker_key((answer #>> '{worker,id}')::uuid) is null, false,
  'a key that has ended makes room for the next rotation') from made;

select throws_ok($$ select public.create_worker('test worker', '{test-worker}') $$, '23505', null,
  'two workers have no name in common');
select throws_ok($$ select public.create_worker('other', '{nobody}') $$, '23514',
  'There is no queue, and no strategy with one, called "nobody"', 'a queue must be there');
select throws_ok($$ select public.create_worker('other', '{test-worker}', '{steal}') $$, '23514', null,
  'a key can claim and settle, and nothing else');

select * from finish();
rollback;
