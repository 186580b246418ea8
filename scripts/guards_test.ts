import assert from "node:assert/strict";
import { join } from "node:path";
import { MUTATIONS } from "./guards.ts";

const PROJECT_DIR = join(import.meta.dirname!, "..");
const read = (file: string) => Deno.readTextFile(join(PROJECT_DIR, file));

for (const { guard, file, from, to, tests } of MUTATIONS) {
  Deno.test(`the guard "${guard}" stands where it is looked for, once`, async () => {
    assert.equal((await read(file)).split(from).length - 1, 1, file);
    assert.notEqual(from, to);
  });

  Deno.test(`the tests of the guard "${guard}" exist`, async () => {
    for (const test of tests) await read(test);
  });
}
