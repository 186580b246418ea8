import assert from "node:assert/strict";
import { parseTap } from "./tap.ts";

Deno.test("plan, results and diagnosis are read, other lines passed over", () => {
  const report = parseTap([
    "1..3",
    "42",
    "ok 1 - counts",
    "not ok 2 - is blue",
    "#     have: red",
    "not ok 3 - later # TODO not yet",
  ]);
  assert.deepEqual(report, {
    planned: 3,
    assertions: [
      { ok: true, name: "counts", diagnosis: "" },
      { ok: false, name: "is blue", diagnosis: "#     have: red\n" },
      { ok: true, name: "later # TODO not yet", diagnosis: "" },
    ],
  });
});
