import assert from "node:assert/strict";
import { loadModule } from "libpg-query";
import { unfilteredWrites } from "./unfiltered_writes.ts";

await loadModule();

const plpgsql = (body: string, result = "void") =>
  unfilteredWrites({
    language: "plpgsql",
    definition: `CREATE FUNCTION private.f()
 RETURNS ${result}
 LANGUAGE plpgsql
AS $function$ declare note public.notes; a integer; begin ${body} end $function$`,
  });

const sql = (body: string) =>
  unfilteredWrites({
    language: "sql",
    definition: `CREATE FUNCTION private.f()
 RETURNS void
 LANGUAGE sql
AS $function$ ${body} $function$`,
  });

const REFUSED: [string, string[], string][] = [
  [
    "an update without where",
    plpgsql("update private.notes set a = 1;"),
    "update private.notes",
  ],
  ["a delete without where", sql("delete from notes"), "delete from notes"],
  [
    "a delete that only joins",
    sql("delete from notes using other"),
    "delete from notes",
  ],
  [
    "an update that only joins",
    sql("update notes set a = 1 from x join y on x.id = y.id"),
    "update notes",
  ],
  [
    "one in a trigger, inside a condition",
    plpgsql(
      "if a > 1 then update notes set a = 1; end if; return new;",
      "trigger",
    ),
    "update notes",
  ],
  [
    "one in a common table expression",
    sql("with gone as (delete from notes returning id) select from gone"),
    "delete from notes",
  ],
  [
    "one that a loop reads",
    plpgsql("for note in delete from notes returning * loop null; end loop;"),
    "delete from notes",
  ],
  [
    "one in an assignment's value",
    plpgsql(
      "note.a := (with gone as (delete from notes returning 1) select 1);",
    ),
    "delete from notes",
  ],
  [
    "one that is executed as text",
    plpgsql("execute 'update notes set a = $1' using a;"),
    "update notes",
  ],
  [
    "one whose table is filled in",
    plpgsql("execute format('delete from private.%I', 'notes');"),
    "delete from private.placeholder",
  ],
  [
    "one that returns rows of a text",
    plpgsql(
      "return query execute 'delete from notes returning *';",
      "SETOF integer",
    ),
    "delete from notes",
  ],
  [
    "a text that is put together, since it cannot be read",
    plpgsql("execute 'delete from ' || quote_ident('notes');"),
    'cannot read "delete from": write the statement as one text',
  ],
  [
    "a text in a variable, since it cannot be read",
    plpgsql("execute note;"),
    'cannot read "note": write the statement as one text',
  ],
  [
    "a text from a table, since it cannot be read",
    plpgsql("for note in execute (select a from notes) loop null; end loop;"),
    'cannot read "(select a from notes)": write the statement as one text',
  ],
];

for (const [what, found, wanted] of REFUSED) {
  Deno.test(`${what} is found`, () => assert.deepEqual(found, [wanted]));
}

const ACCEPTED: [string, string[]][] = [
  ["an update with where", sql("update notes set a = 1 where singleton")],
  ["where inside a join", sql("delete from notes using x where x.a = notes.a")],
  [
    "an upsert",
    sql("insert into notes values (1) on conflict (a) do update set a = 2"),
  ],
  [
    "a text with where",
    plpgsql("execute format('delete from %I where a = %L', 'x', 1);"),
  ],
  ["other dynamic SQL", plpgsql("execute format('drop table %s', 'x');")],
  ["a message that mentions it", plpgsql("raise 'Cannot update notes';")],
];

for (const [what, found] of ACCEPTED) {
  Deno.test(`${what} is accepted`, () => assert.deepEqual(found, []));
}

Deno.test("a function that returns an array of rows can be read", () => {
  assert.deepEqual(plpgsql("return null;", "public.notes[]"), []);
});
