-- A release after this one: a column, a value of an enumeration, and a function of the hot path that changes.
set local lock_timeout = '200ms';

alter table public.signals add column venue text;

alter type public.router_mode add value 'draining';

do $$
begin
  execute replace(
    pg_get_functiondef('public.ingest(jsonb, jsonb)'::regprocedure),
    E'\nbegin\n',
    E'\nbegin\n  -- Changed by the next release.\n');
end;
$$;
