/** No function of the project executes a statement that the platform's API refuses. */
import assert from "node:assert/strict";
import { findUnfilteredWrites } from "../../scripts/database/unfiltered_writes.ts";
import { openDatabase } from "../support/project.ts";

Deno.test("every update and delete in a function has a where clause", async () => {
  await using database = openDatabase();
  assert.deepEqual(await findUnfilteredWrites(database.sql), []);
});

Deno.test("one that loses its where clause is found", async () => {
  await using database = openDatabase();
  let found: string[] = [];
  const undo = new Error("Undone");
  await assert.rejects(
    database.sql.begin(async (sql) => {
      const [row] = await sql`
        select pg_get_functiondef('private.lock_catalog'::regproc) as definition`;
      await sql.unsafe(row!.definition.replace("where singleton", ""));
      found = await findUnfilteredWrites(sql);
      throw undo;
    }),
    undo,
  );
  assert.deepEqual(found, [
    "private.lock_catalog(): update private.catalog_version",
  ]);
});
