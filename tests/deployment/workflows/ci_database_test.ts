/** Runs what CI does to its database. */
import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { PROJECT_DIR } from "../../../scripts/cli/paths.ts";
import {
  makeTemporaryDir,
  removeDir,
  startTemporaryStack,
} from "../../../scripts/local/temporary.ts";
import { runScript } from "./supabase_help.ts";
import {
  cliCalls,
  commandOf,
  readWorkflows,
  scriptsOf,
  stepsOf,
} from "./workflows.ts";

const SCRIPTS = scriptsOf(stepsOf(readWorkflows()));

/** Extensions that a command needs and the local stack may lack. */
const EXTENSIONS: Record<string, string> = { "db lint": "plpgsql_check" };

Deno.test("what CI does to $DATABASE_URL succeeds on an empty database, and applies every migration", async (t) => {
  const migrationsDir = await makeTemporaryDir();
  const stack = await startTemporaryStack({
    databaseOnly: true,
    migrationsDir,
  });
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const available = await sql`select name from pg_available_extensions`;
    const lacks = (run: string) =>
      cliCalls(run).map((call) => EXTENSIONS[commandOf(call)]).some((wanted) =>
        wanted && !available.some(({ name }) => name === wanted)
      );
    const env = { "DATABASE_URL": `${stack.databaseUrl}?sslmode=disable` };
    const steps = SCRIPTS.filter(({ run }) => run.includes("$DATABASE_URL"));
    assert.notEqual(steps.length, 0);
    for (const { at, run } of steps) {
      await t.step({
        name: at,
        ignore: lacks(run),
        async fn() {
          const { success, output } = await runScript(run, env);
          assert.ok(success, output);
        },
      });
    }
    const dir = join(PROJECT_DIR, "supabase/migrations");
    const files = [...Deno.readDirSync(dir)].map(({ name }) => name);
    const applied = await sql`
      select version || '_' || name || '.sql' as file
      from supabase_migrations.schema_migrations order by version`;
    assert.deepEqual(applied.map(({ file }) => file), files.sort());
  } finally {
    await sql.end();
    await stack.close();
    await removeDir(migrationsDir);
  }
});
