import assert from "node:assert/strict";
import { functionsOf, reloadOnEdit } from "./reload.ts";
import { superviseFunctions } from "./supervisor.ts";

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

Deno.test("where files cannot be watched, it is said, and nothing fails", () => {
  const lines: string[] = [];
  const dir = "/nowhere/functions";
  const functions = superviseFunctions([], {
    functionsDir: dir,
    env: {},
    onLine: () => {},
  });
  reloadOnEdit(functions, dir, (line) => lines.push(line))[Symbol.dispose]();
  assert.match(lines.join(), /^Edited functions do not reload, start anew/);
});
