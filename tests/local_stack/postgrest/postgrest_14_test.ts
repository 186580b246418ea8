/** The behaviour of PostgREST 14, which a stack has if it is asked to. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  callRpc,
  duringOutage,
  eventually,
  testOnStack,
  withStack,
} from "../project.ts";

const stack = withStack({ postgrest: 14, reconnectBackoff: true });

const countTries = async () => {
  const { body } = await callRpc("count_tries", "{}");
  return body as number;
};

testOnStack(
  "a call that conflicts is run again until it succeeds",
  async () => {
    const { status, body } = await callRpc("conflict_twice", "{}");
    assert.deepEqual([status, body, await countTries()], [200, 1, 3]);
  },
);

testOnStack(
  "a call that always conflicts goes on when its client has left",
  async () => {
    const leaving = new AbortController();
    const call = fetch(`${stack().apiUrl}/rest/v1/rpc/deadlock_always`, {
      method: "POST",
      headers: { apikey: stack().secretKey },
      signal: leaving.signal,
    });
    const before = await countTries();
    await eventually(async () => await countTries() > before || undefined);
    leaving.abort();
    await assert.rejects(call, { name: "AbortError" });
    const left = await countTries();
    await eventually(async () => await countTries() > left + 10 || undefined);
  },
);

/** Returns how often the API has tried in vain to read the schema. */
const countVainTries = async () => {
  const log = await Deno.readTextFile(join(stack().dataDir, "functions.log"));
  return log.split("Cannot read the schema").length - 1;
};

testOnStack(
  "the API stays away until its next try: 1, 3 or 7 s after it lost the database",
  async () => {
    const began = performance.now();
    // At once and after one second; the next try is two seconds later.
    await duringOutage(async () => {
      await eventually(async () => await countVainTries() === 2 || undefined);
    });
    const { body } = await callRpc("add", '{"a":1}');
    assert.equal((body as { code: string }).code, "PGRST002");
    await eventually(async () => {
      const { status } = await callRpc("add", '{"a":1}');
      return status === 200 || undefined;
    });
    const elapsed = performance.now() - began;
    assert.ok(elapsed > 2900, `${elapsed} ms`);
    assert.equal(await countVainTries(), 2);
  },
);
