import assert from "node:assert/strict";
import { join } from "node:path";
import { MUTATIONS } from "./guards.ts";
import type { Mutation } from "./mutation.ts";

const PROJECT_DIR = join(import.meta.dirname!, "../..");
const read = (file: string) => Deno.readTextFile(join(PROJECT_DIR, file));

/** Returns why a guard cannot be taken away, one line for each fault. */
async function faultsOf(
  { guard, file, from, to, tests }: Mutation,
): Promise<string[]> {
  const places = (await read(file)).split(from).length - 1;
  for (const test of tests) await read(test);
  return [
    ...(places === 1 ? [] : [`stands ${places} times in ${file}`]),
    ...(from === to ? ["is replaced by itself"] : []),
  ].map((fault) => `${guard}: ${fault}`);
}

Deno.test("every guard stands once where it is looked for, and its tests exist", async () => {
  const faults = await Promise.all(MUTATIONS.map(faultsOf));
  assert.equal(faults.flat().join("\n"), "");
});
