create table private.catalog (
  singleton boolean primary key default true constraint catalog_has_one_row check (singleton),
  version bigint not null default 1
);

comment on table private.catalog is
  'One row: the version of all that functions cache (strategies, names, secrets, settings). A row, not a sequence: it '
  'moves in the transaction that changes the catalog. Updating it is also the lock under which the catalog changes.';

insert into private.catalog default values;
select private.deny_clients('{private.catalog}');

create function private.bump_catalog()
returns trigger
language plpgsql
security definer -- operators who may edit a strategy need no right on the catalog's row
set search_path = ''
as $$
begin
  update private.catalog set version = version + 1 where singleton;
  return null;
end;
$$;

comment on function private.bump_catalog() is
  'Before-statement trigger: takes the catalog lock and moves its version.';

revoke execute on function
  private.bump_catalog()
from public, anon, authenticated, service_role;
