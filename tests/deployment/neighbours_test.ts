/** The router beside other applications of a project, and in one that grants by default, as before May 2026. */
import assert from "node:assert/strict";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { startTemporaryStack } from "../../scripts/local/temporary.ts";
import { openDatabase } from "../support/project.ts";

const MIGRATIONS = join(import.meta.dirname!, "../../supabase/migrations");

const NEIGHBOUR = `
  alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
  alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
  alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
  create schema private;
  grant usage on schema private to authenticated;
  create function private.their_helper() returns integer language sql as 'select 1';
  create table public.their_notes (id bigint generated always as identity primary key);
  create extension pg_cron with schema pg_catalog;
  select cron.schedule('their-job', '0 0 1 1 *', 'select 1');`;

/** Installs the router after `neighbour` into a database of its own. */
async function install(
  neighbour: string,
  test: (sql: Sql) => Promise<void>,
): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const migrationsDir = await Deno.makeTempDir();
  cleanup.defer(() => Deno.remove(migrationsDir, { recursive: true }));
  for await (const { name } of Deno.readDir(MIGRATIONS)) {
    await Deno.copyFile(join(MIGRATIONS, name), join(migrationsDir, name));
  }
  const first = join(migrationsDir, "20200101000000_neighbour.sql");
  await Deno.writeTextFile(first, neighbour);
  const stack = await startTemporaryStack({
    databaseOnly: true,
    migrationsDir,
  });
  cleanup.defer(() => stack.close());
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  cleanup.defer(() => sql.end());
  await test(sql);
}

Deno.test("beside another application", async (t) => {
  await install(NEIGHBOUR, async (sql) => {
    await t.step("nobody may execute a function of the router", async () => {
      const rows = await sql`
        select role, pg_proc.oid::regprocedure::text as function
        from pg_proc, unnest('{anon,authenticated}'::text[]) as role
        where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
          and proname <> 'their_helper' and has_function_privilege(role, pg_proc.oid, 'execute')`;
      assert.deepEqual([...rows], []);
    });

    await t.step("service_role may execute what is granted", async () => {
      const [row] = await sql`
        select
          count(*) filter (where granted and nspname = 'private') as internals,
          bool_and(granted) filter (where proname in ('ingest', 'read_catalog')) as interface
        from (
          select nspname, proname, has_function_privilege('service_role', pg_proc.oid, 'execute') as granted
          from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
          where nspname in ('public', 'private') and proname <> 'their_helper') as ours`;
      assert.deepEqual({ ...row }, { internals: "0", interface: true });
    });

    await t.step("clients have no right on a table or sequence", async () => {
      const rows = await sql`
        select oid::regclass::text as name, relacl::text as rights from pg_class
        where relnamespace in ('public'::regnamespace, 'private'::regnamespace)
          and relkind in ('r', 'p', 'v', 'S') and relname not like 'their%'
          and relacl::text ~ '(anon|authenticated)='`;
      assert.deepEqual([...rows], []);
    });

    await t.step("what it made later has its own defaults", async () => {
      await sql`create function public.their_later() returns integer language sql as 'select 1'`;
      await sql`create table public.their_later ()`;
      const [row] = await sql`
        select
          has_function_privilege('anon', 'public.their_later()', 'execute') as function,
          has_table_privilege('anon', 'public.their_later', 'select') as table,
          has_function_privilege('authenticated', 'private.their_helper()', 'execute') as helper`;
      assert.deepEqual({ ...row }, {
        function: true,
        table: true,
        helper: true,
      });
    });

    await t.step("its cron job and the job's history stay", async () => {
      await sql`
        insert into cron.job_run_details (jobid, runid, status, start_time, end_time)
        select jobid, 1000000 + jobid, 'succeeded', now() - interval '2 days', null from cron.job`;
      const [job] =
        await sql`select command from cron.job where jobname = 'webhooks-cron-history'`;
      await sql.unsafe(job!["command"]);
      const rows = await sql`
        select jobname from cron.job_run_details join cron.job using (jobid)
        where runid >= 1000000`;
      assert.deepEqual(rows.map(({ jobname }) => jobname), ["their-job"]);
    });
  });
});

Deno.test("a project that has one of its tables is refused by name", async () => {
  await assert.rejects(
    install(
      "create table public.routes (); create type public.over_limit as enum ()",
      () => Promise.resolve(),
    ),
    /Cannot install the alert router: this project already has public\.over_limit, public\.routes/,
  );
});

Deno.test("the names that would collide are those that the router makes", async () => {
  await using database = openDatabase();
  const [row] = await database.sql`
    select array(
      select relnamespace::regnamespace || '.' || relname from pg_class
      where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind in ('r', 'p', 'v', 'c')
        and relname !~ '_\\d{4}_\\d{2}$'
      union
      select typnamespace::regnamespace || '.' || typname from pg_type
      where typnamespace in ('public'::regnamespace, 'private'::regnamespace) and typtype = 'e') as made`;
  const script = await Deno.readTextFile(
    join(MIGRATIONS, "20261123000100_schemas.sql"),
  );
  const list = /ours constant text\[\] := array\[(.*?)\]/s.exec(script)![1]!;
  const named = Array.from(list.matchAll(/'([^']+)'/g), ([, name]) => name!);
  assert.deepEqual(named.toSorted(), row!["made"].toSorted());
});
