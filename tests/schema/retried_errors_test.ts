/**
 * No function of the project raises what PostgREST 14 repeats without end, until its pool is drained: 40001
 * (serialization_failure) and 40P01 (deadlock_detected).
 */
import assert from "node:assert/strict";
import type { ISql } from "postgres";
import { openDatabase } from "../support/project.ts";

const RAISED =
  /\braise\b[^;]*?(?:40001|40P01|serialization_failure|deadlock_detected)/i;
/** A code that is not written out could be any; a bare `raise` passes on whatever was caught. */
const UNKNOWN = /\braise\b[^;]*?\berrcode\s*:?=(?!\s*')|\braise\s*;/i;

/** Names the functions that raise one of the two, or a code that only its run knows. */
async function findRetried(sql: ISql): Promise<string[]> {
  const functions = await sql<{ name: string; body: string }[]>`
    select oid::regprocedure::text as name, pg_get_functiondef(oid) as body from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace) and prokind in ('f', 'p')
      and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
    union all
    select 'job ' || jobname, command from cron.job where jobname like 'webhooks-%'
    order by name`;
  assert.ok(functions.length > 100, "the functions are found");
  return functions.filter(({ body }) => {
    const code = body.replace(/--.*$|\/\*[\s\S]*?\*\//gm, "");
    return RAISED.test(code) || UNKNOWN.test(code);
  }).map(({ name }) => name);
}

Deno.test("no function raises an error that PostgREST repeats", async () => {
  await using database = openDatabase();
  assert.deepEqual(await findRetried(database.sql), []);
});

const STATEMENTS = [
  "raise exception 'No' using errcode = '40001'",
  "raise sqlstate '40P01'",
  "raise deadlock_detected",
  "raise exception using message = 'No', errcode = 'serialization_failure'",
  "raise exception 'No' using errcode = code",
  "begin null; exception when others then raise; end",
];

for (const statement of STATEMENTS) {
  Deno.test(`a function that says "${statement}" is found`, async () => {
    await using database = openDatabase();
    let found: string[] = [];
    const undo = new Error("Undone");
    await assert.rejects(
      database.sql.begin(async (sql) => {
        await sql.unsafe(`
          create function private.fail_again(code text default '40001') returns void language plpgsql
          set search_path = '' as $$ begin ${statement}; end; $$`);
        found = await findRetried(sql);
        throw undo;
      }),
      undo,
    );
    assert.deepEqual(found, ["private.fail_again(text)"]);
  });
}
