create table private.catalog_version (
  singleton boolean primary key default true constraint catalog_version_has_one_row check (singleton),
  version bigint not null default 1
);

comment on table private.catalog_version is
  'One row: the version of everything that functions cache (strategies, names, secrets, settings). A row and not a '
  'sequence, because it must move in the transaction that changes the catalog. Updating it also locks the catalog.';

insert into private.catalog_version default values;
select private.deny_clients('{private.catalog_version}');

create function private.lock_catalog()
returns void
language sql
volatile
set search_path = ''
as $$
  update private.catalog_version set version = version + 1 where singleton;
$$;

comment on function private.lock_catalog() is
  'Moves the catalog''s version and locks the catalog until the transaction ends.';

create function private.bump_catalog()
returns trigger
language plpgsql
security definer -- operators may edit strategies without a right on this table
set search_path = ''
as $$
begin
  perform private.lock_catalog();
  return null;
end;
$$;

comment on function private.bump_catalog() is 'Before-statement trigger: locks the catalog and moves its version.';

revoke execute on function
  private.lock_catalog(), private.bump_catalog()
from public, anon, authenticated, service_role;
