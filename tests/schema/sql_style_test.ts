/** The form of the migrations: one topic a file, small, and wrapped. */
import assert from "node:assert/strict";
import { join } from "node:path";

const DIR = join(import.meta.dirname!, "../../supabase/migrations");
const FILES = [...Deno.readDirSync(DIR)].map(({ name }) => ({
  name,
  lines: Deno.readTextFileSync(join(DIR, name)).trimEnd().split("\n"),
}));

/** A comment, or text of a `comment on`. */
const PROSE = /^\s*(--|'|comment on)/;

Deno.test("no line of SQL is wider than 130 columns, and no prose wider than 121", () => {
  const wide = FILES.flatMap(({ name, lines }) =>
    lines.flatMap((line, index) =>
      line.length > (PROSE.test(line) ? 121 : 130)
        ? [`${name}:${index + 1}: ${line.length} columns`]
        : []
    )
  );
  assert.deepEqual(wide, []);
});

Deno.test("no migration is longer than 200 lines", () => {
  const long = FILES.filter(({ lines }) => lines.length > 200)
    .map(({ name, lines }) => `${name}: ${lines.length} lines`);
  assert.deepEqual(long, []);
});

Deno.test("migrations are numbered in steps of a hundred", () => {
  const numbers = FILES.map(({ name }) => Number(name.slice(8, 14))).sort((
    a,
    b,
  ) => a - b);
  assert.deepEqual(numbers, FILES.map((_, index) => (index + 1) * 100));
});
