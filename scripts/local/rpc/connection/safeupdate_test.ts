import assert from "node:assert/strict";
import { refusalOf } from "./safeupdate.ts";
// Printed by Postgres 17.
import trees from "./safeupdate_trees.json" with { type: "json" };

const UPDATE = "UPDATE requires a WHERE clause";
const DELETE = "DELETE requires a WHERE clause";

const EXPECTED: Record<keyof typeof trees, string | undefined> = {
  "update without where": UPDATE,
  "update with where": undefined,
  "delete using without where": DELETE,
  "delete from a CTE of a select": DELETE,
  "update with where, whose subquery has none": undefined,
  "update without where, whose subquery has one": UPDATE,
  "insert on conflict do update": undefined,
  "names with braces": undefined,
  "merge": undefined,
  // The library checks only the statement around it.
  "explain of an update without where": undefined,
};

for (const [statement, refusal] of Object.entries(EXPECTED)) {
  const verdict = refusal === undefined ? "passes" : "is refused";
  Deno.test(`safeupdate: ${statement} ${verdict}`, () => {
    assert.equal(refusalOf(trees[statement as keyof typeof trees]), refusal);
  });
}

Deno.test("safeupdate: an incomplete tree does not pass", () => {
  const tree = trees["update with where"].slice(0, -10);
  assert.throws(() => refusalOf(tree), /cut off/);
});
