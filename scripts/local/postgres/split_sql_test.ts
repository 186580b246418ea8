import assert from "node:assert/strict";
import { lineAt, splitSql } from "./split_sql.ts";

const textsOf = (script: string) => splitSql(script).map(({ text }) => text);

/** Single statements that contain semicolons. */
const WHOLE = [
  "select 'a;b'",
  "select 'it''s;'",
  "select e'it\\'s;'",
  'select 1 as "a;""b"',
  "select $$ a; b $$",
  "select $body$ a; $$ ; $$ $body$",
  "select 1 /* a; /* b; */ c; */ + 1",
  "select 1 -- a; b",
  "create function f() returns int begin atomic select case when true then 1 end; select 2; end",
];

for (const statement of WHOLE) {
  Deno.test(`${statement} is one statement`, () => {
    assert.deepEqual(textsOf(`${statement}\n;\nselect 2;`), [
      statement,
      "select 2",
    ]);
  });
}

Deno.test("empty statements and comments are skipped", () => {
  assert.deepEqual(textsOf(";; /* a */ ; select 1;\n-- the end\n"), [
    "select 1",
  ]);
});

Deno.test("a comment before a statement belongs to it", () => {
  assert.deepEqual(textsOf("-- why\nselect 1;"), ["-- why\nselect 1"]);
});

Deno.test("each statement knows the line that it begins on", () => {
  const script = "select 1;\n\nselect\n  2;";
  const lines = splitSql(script).map(({ start }) => lineAt(script, start));
  assert.deepEqual(lines, [1, 3]);
});
