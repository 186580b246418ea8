begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

create temporary table old as select public.read_metrics_key() as key;
create function pg_temp.digest(key text)
returns text
language sql
as $$
  select encode(sha256(convert_to(key, 'utf8')), 'hex');
$$;

select matches(key, '^mk_[A-Za-z0-9_-]{43}$', 'the key is 32 random bytes in base64url') from old;
select is(public.find_metrics_key(array[pg_temp.digest(key), pg_temp.digest('mk_x')]), array[pg_temp.digest(key)],
  'the key is known by its digest, and no other') from old;

create temporary table new as select public.rotate_metrics_key('tester') as key;
select is(public.read_metrics_key(), key, 'a rotation returns the new key') from new;
select isnt(new.key, old.key, 'which is another') from old, new;
select is(public.find_metrics_key(array[pg_temp.digest(key)]), '{}'::text[], 'the old one ends at once') from old;
select is((select actor from public.strategy_events where event = 'metrics_key_made' order by id desc limit 1),
  'tester', 'the audit says who made it');
select is_empty($$select from public.strategy_events, new where details::text like '%' || key || '%'$$,
  'and does not contain it');

-- Vault has lost it.
delete from vault.secrets where name = 'metrics_key';
select is(public.read_metrics_key(), null, 'a key that Vault has lost is null');
select is(public.find_metrics_key(array[pg_temp.digest(''), pg_temp.digest('mk_x')]), '{}'::text[],
  'then no key is the right one');
truncate new;
insert into new select public.rotate_metrics_key();
select is(public.read_metrics_key(), key, 'a rotation makes a new one') from new;

select * from finish();
rollback;
