begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

insert into public.strategies (name) values ('Test Token');
insert into public.strategies (name) values ('Test Token Two');

create temp table token as select token from public.reveal_strategy('test-token');
create function pg_temp.explain(token text) returns jsonb language sql as
  $$ select public.explain_token(encode(sha256(explain.token::bytea), 'hex')) $$;

select is(
  pg_temp.explain(token), '[{"strategy": "test-token", "is_universal": false, "state": "current", "ends_at": null}]',
  'the current token of a strategy is told with its strategy')
from token;
select is(
  pg_temp.explain(universal_token), '[{"strategy": null, "is_universal": true, "state": "current", "ends_at": null}]',
  'the universal token is told as such')
from public.reveal_strategy('test-token');

select public.rotate_secret('test-token', 60);
select is(
  (pg_temp.explain(token) #> '{0}') - 'ends_at', '{"strategy": "test-token", "is_universal": false, "state": "old"}',
  'a token is old during the overlap')
from token;
select ok((pg_temp.explain(token) #>> '{0,ends_at}')::timestamptz > now(), 'an old token says until when it is valid')
from token;

select public.revoke_old_secret('test-token');
select is(pg_temp.explain(token) #>> '{0,state}', 'ended', 'a revoked token has ended') from token;

select public.rotate_secret('test-token', 0);
select is(pg_temp.explain(token) #>> '{0,state}', 'ended', 'a token has ended when its overlap is over')
from token;
select is(pg_temp.explain('nobody''s'), '[]', 'nobody has an unknown token');

select * from finish();
rollback;
