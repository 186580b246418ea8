/** Runs the pgTAP files of `supabase/tests`, which `supabase test db` runs too. */
import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { lineAt, splitSql } from "../../scripts/local/postgres/split_sql.ts";
import { parseTap, type TapReport } from "./tap.ts";

const DIR = join(import.meta.dirname!, "../../supabase/tests");

for (const file of sqlFiles(DIR)) {
  Deno.test(`database: ${file.replace(/\.sql$/, "")}`, async (t) => {
    const report = parseTap(await runScript(join(DIR, file)));
    for (const { ok, name, diagnosis } of report.assertions) {
      await t.step(name, () => assert(ok, diagnosis || name));
    }
    assertPlanKept(report);
  });
}

/** The lines that the script's queries answer, in its own transaction. */
async function runScript(path: string): Promise<string[]> {
  const url = Deno.env.get("DATABASE_URL");
  assert(url, "DATABASE_URL is not set: run deno task test");
  const script = await Deno.readTextFile(path);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const lines: string[] = [];
  try {
    for (const { text, start } of splitSql(script)) {
      const rows = await sql.unsafe(text).simple().catch((error) => {
        const line = lineAt(script, start + (error.position ?? 1) - 1);
        assert.fail(`Line ${line}: ${error.message}`);
      });
      for (const row of rows) {
        lines.push(...String(Object.values(row)[0]).split("\n"));
      }
    }
  } finally {
    await sql.end();
  }
  return lines;
}

function assertPlanKept({ planned, assertions }: TapReport): void {
  assert.notEqual(planned, undefined, "The script has no plan");
  assert.equal(assertions.length, planned, "The script ran another number");
}

function sqlFiles(dir: string, prefix = ""): string[] {
  return Array.from(Deno.readDirSync(dir)).flatMap((entry) => {
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory) return sqlFiles(join(dir, entry.name), `${name}/`);
    return entry.name.endsWith(".sql") ? [name] : [];
  }).sort();
}
