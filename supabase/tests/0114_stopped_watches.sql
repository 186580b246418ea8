begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

delete from public.incidents;
delete from public.notifications;

-- Three minutes later every watch has finished but these.
create function pg_temp.stop(names text[])
returns void
language sql
as $$
  update private.watches set finished_at = now() + interval '3 minutes' where name <> all (stop.names);
  update private.watches set finished_at = now() where name = any (stop.names);
$$;
create function pg_temp.report(reporter text)
returns void
language sql
as $$
  select private.report_stopped_watches(reporter, now() + interval '3 minutes');
$$;

select pg_temp.stop('{}');
select pg_temp.report('watches');
select is_empty('select from public.incidents', 'no incident opens while every watch finishes');

select pg_temp.stop('{silence,storms}');
select results_eq('select name from private.stopped_watches(now() + interval ''3 minutes'')',
  array['silence', 'storms'], 'a watch that has not finished for three minutes has stopped');
select is_empty('select from private.stopped_watches(now() + interval ''2 minutes 59 seconds'')',
  'a watch that finished less than three minutes ago has not stopped');

select pg_temp.report('watches');
select results_eq('select kind, status, details -> ''watches'' from public.incidents',
  $$values ('monitor_stopped', 'open', '["silence", "storms"]'::jsonb)$$,
  'an incident names the watches that have stopped');
select is_empty('select from public.notifications', 'the message about it is left to the notification, which runs');

select pg_temp.stop('{storms}');
select pg_temp.report('notification');
select is(status, 'open', 'it stays open while one has stopped') from public.incidents;
select pg_temp.stop('{}');
select pg_temp.report('watches');
select is(status, 'resolved', 'it is resolved when they finish again') from public.incidents;

delete from public.incidents;
select pg_temp.stop('{notification}');
select pg_temp.report('watches');
select pg_temp.report('watches');
select results_eq('select text ~ ''^opened #\d+ monitor_stopped .*notification'' from public.notifications',
  array[true],
  'a notification that has stopped is reported to the operators once, without its help');

delete from public.incidents;
select pg_temp.stop('{watches}');
select pg_temp.report('notification');
select is(details -> 'watches', '["watches"]', 'the reporter that has stopped is reported by the notification')
from public.incidents;
delete from public.incidents;
select pg_temp.report('watches');
select is_empty('select from public.incidents', 'the reporter does not report itself: it runs');

select ok(bool_and(prosrc ~ format('when ''%s'' then', name)), 'every watch has its function')
from private.watches, pg_proc
where pg_proc.oid = 'private.run_watch(text)'::regprocedure;
select set_eq('select name from private.watches',
  $$select substring(command from 'run_watch\(''(\w+)''\)') from cron.job where jobname like 'webhooks-watch-%'$$,
  'every watch is a cron job of its own');
select is_empty(
  $$select schedule from cron.job where jobname like 'webhooks-watch-%' group by schedule having count(*) > 1$$,
  'no two watches have the same period, so that they seldom start together');
select ok(bool_and(replace(schedule, ' seconds', '')::integer < 60), 'every watch runs at least once a minute')
from cron.job where jobname like 'webhooks-watch-%';

select * from finish();
rollback;
