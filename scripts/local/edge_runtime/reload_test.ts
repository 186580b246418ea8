import assert from "node:assert/strict";
import { functionsOf } from "./reload.ts";

const NAMES = ["dispatch", "webhook"];

Deno.test("a function's own file reloads that function alone", () => {
  assert.deepEqual(functionsOf(["webhook/handler.ts"], NAMES), ["webhook"]);
});

Deno.test("a file that functions share reloads all of them", () => {
  assert.deepEqual(functionsOf(["_shared/log.ts"], NAMES), NAMES);
});

Deno.test("a test reloads nothing", () => {
  assert.deepEqual(functionsOf(["webhook/handler_test.ts"], NAMES), []);
});

Deno.test("an editor's own file reloads nothing", () => {
  assert.deepEqual(functionsOf(["webhook/.handler.ts.swp"], NAMES), []);
});
