-- In a transaction of its own: the column's lock is gone by now, and alerts are stored meanwhile.
update public.signals set venue = coalesce(exchange, 'unknown') where venue is null;
