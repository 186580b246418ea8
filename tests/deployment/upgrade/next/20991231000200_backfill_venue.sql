-- In a transaction of its own: the column's lock is gone by now, and alerts are stored meanwhile.

-- Calls that began before the last migration still run the function of before, and store rows without a venue.
do $$
begin
  while exists (
    select from pg_stat_activity where usename = 'authenticator' and xact_start < transaction_timestamp()
  ) loop
    perform pg_sleep(0.05), pg_stat_clear_snapshot();
  end loop;
end;
$$;

update public.signals set venue = coalesce(exchange, 'unknown') where venue is null;
