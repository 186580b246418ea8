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

Deno.test("each migration has a proper time of its own, as the CLI shows it", () => {
  const versions = MIGRATIONS.map(({ name }) => name.split("_")[0]!);
  const improper = versions.filter((version) => timeOf(version) !== version);
  assert.deepEqual(improper, []);
  assert.equal(new Set(versions).size, versions.length);
});

Deno.test("a pgTAP file has the hour and minute and the name of its migration", () => {
  const topics = MIGRATIONS.map(({ name }) =>
    name.replace(/^\d{8}(\d{4})\d{2}/, "$1")
  );
  const known = [...topics, ...ACROSS_TOPICS];
  assert.deepEqual(TESTS.filter(({ name }) => !known.includes(name)), []);
});

/** Returns the time that a version states, written as a version; another one if there is no such time. */
function timeOf(version: string): string {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(version)!.map(Number);
  const time = new Date(
    Date.UTC(year!, month! - 1, day!, hour!, minute!, second!),
  );
  return time.toISOString().replace(/\D/g, "").slice(0, 14);
}

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
