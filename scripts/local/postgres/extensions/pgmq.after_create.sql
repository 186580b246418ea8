
-- Appended by the local stack: Supabase's image gives pgmq's schema and objects to postgres, so that functions owned by postgres
-- may create queues and send.
do $after_create$
declare
  object record;
begin
  for object in
    select identity.type, identity.identity
    from pg_depend as dependency
    join pg_extension as extension on extension.oid = dependency.refobjid and extension.extname = 'pgmq'
    cross join lateral pg_identify_object(dependency.classid, dependency.objid, dependency.objsubid) as identity
    where dependency.refclassid = 'pg_extension'::regclass
      and dependency.deptype = 'e'
      and (
        dependency.classid = 'pg_proc'::regclass
        or exists (select from pg_class where pg_class.oid = dependency.objid and relkind in ('r', 'v'))
      )
  loop
    execute format('alter %s %s owner to postgres', object.type, object.identity);
  end loop;
  for object in
    select pg_type.oid::regtype as identity
    from pg_type
    left join pg_class on pg_class.oid = pg_type.typrelid
    where pg_type.typnamespace = 'pgmq'::regnamespace
      and (pg_type.typtype in ('e', 'd') or (pg_type.typtype = 'c' and pg_class.relkind = 'c'))
  loop
    execute format('alter type %s owner to postgres', object.identity);
  end loop;
  alter schema pgmq owner to postgres;
end;
$after_create$;
