/** The form of the SQL: one topic a file, small, numbered and wrapped. */
import assert from "node:assert/strict";
import { join } from "node:path";

const SUPABASE = join(import.meta.dirname!, "../../supabase");
const MIGRATIONS = readFolder("migrations");
const TESTS = readFolder("tests");
const ALL = [...MIGRATIONS, ...TESTS, ...readFolder("snippets")];

const MAX_COLUMNS = 120;
const MAX_LINES = 200;

/** Tests that are about no single migration. */
const ACROSS_TOPICS = ["0000_privileges"];

Deno.test("no line of SQL is wider than 120 columns", () => {
  const wide = ALL.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) =>
      line.length > MAX_COLUMNS
        ? [`${path}:${index + 1}: ${line.length} columns`]
        : []
    )
  );
  assert.deepEqual(wide, []);
});

Deno.test("no file of SQL is longer than 200 lines", () => {
  const long = ALL.filter(({ lines }) => lines.length > MAX_LINES)
    .map(({ path, lines }) => `${path}: ${lines.length} lines`);
  assert.deepEqual(long, []);
});

Deno.test("migrations are numbered in steps of a hundred", () => {
  const numbers = MIGRATIONS.map(({ name }) => Number(name.slice(8, 14)));
  assert.deepEqual(numbers, MIGRATIONS.map((_, index) => (index + 1) * 100));
});

Deno.test("a pgTAP file has the number and the name of its migration", () => {
  const topics = MIGRATIONS.map(({ name }) => name.slice(10));
  const known = [...topics, ...ACROSS_TOPICS];
  assert.deepEqual(TESTS.filter(({ name }) => !known.includes(name)), []);
});

function readFolder(folder: string) {
  const dir = join(SUPABASE, folder);
  return [...Deno.readDirSync(dir)]
    .map(({ name: file }) => ({
      name: file.replace(/\.sql$/, ""),
      path: `supabase/${folder}/${file}`,
      lines: Deno.readTextFileSync(join(dir, file)).trimEnd().split("\n"),
    }))
    .sort((one, other) => one.name < other.name ? -1 : 1);
}
