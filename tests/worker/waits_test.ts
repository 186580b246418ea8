/** Workers that wait for signals hold no connection of the database. */
import assert from "node:assert/strict";
import { percentile } from "../../scripts/bench/load/statistics.ts";
import { startBehindProxy, startIsolate } from "../support/isolate.ts";
import { FUNCTIONS_URL, provision, until } from "../support/project.ts";
import { call, type Claimed, fire, withWorker } from "./worker.ts";

const WAIT = { "wait_seconds": 20 };

Deno.test("who waits gets a signal soon after it came", async () => {
  const { kit, key } = await withWorker();
  const times: number[] = [];
  for (let n = 0; n < 5; n++) {
    const waiting = call<Claimed>(key, "claim", WAIT);
    await fire(kit, "buy", `SYMBOL${n}`);
    const sentAt = performance.now();
    assert.equal((await waiting).body.signals.length, 1);
    times.push(performance.now() - sentAt);
  }
  // 1.2 s where nothing else runs.
  assert.ok(percentile(times, 0.95) < 3000, `${times}`);
});

Deno.test("who waits in vain is answered empty when the time is over", async () => {
  const { key } = await withWorker();
  const startedAt = performance.now();
  const { status, body } = await call(key, "claim", { "wait_seconds": 1 });
  assert.deepEqual([status, body], [200, { signals: [] }]);
  assert.ok(performance.now() - startedAt > 950);
});

Deno.test("one read a second serves all who wait", async () => {
  await using isolate = await startBehindProxy("worker");
  const url = isolate.at(FUNCTIONS_URL);
  const workers = await Promise.all(
    Array.from({ length: 5 }, () => withWorker()),
  );
  const wait = { "wait_seconds": 3 };
  await Promise.all(
    workers.flatMap(({ key }) =>
      [1, 2].map(() => call(key, "claim", wait, url))
    ),
  );
  const reads = isolate.proxy.calls.filter((name) =>
    name === "count_claimable"
  );
  assert.ok(reads.length <= 4, `${reads.length} reads`);
});

Deno.test("one signal wakes one of those who wait for it", async () => {
  await using isolate = await startBehindProxy("worker");
  const url = isolate.at(FUNCTIONS_URL);
  const { kit, key } = await withWorker();
  const wait = { "wait_seconds": 4 };
  const waiting = [1, 2, 3].map(() => call<Claimed>(key, "claim", wait, url));
  const claims = () =>
    isolate.proxy.calls.filter((name) => name === "worker_claim").length;
  await until(() => claims() === 3, "all wait");
  await fire(kit, "buy");
  const answers = await Promise.all(waiting);
  const got = answers.map(({ body }) => body.signals.length).sort();
  assert.deepEqual([got, claims()], [[0, 0, 1], 4]);
});

Deno.test("a fifth wait of a key is answered 429, with when to try again", async () => {
  const { key } = await withWorker();
  const wait = { "wait_seconds": 2 };
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => call(key, "claim", wait)),
  );
  const refused = answers.filter(({ status }) => status === 429);
  assert.equal(refused.length, 1);
  assert.equal(refused[0]!.headers.get("retry-after"), "1");
});

Deno.test("who waits with a key that ends is answered 401", async () => {
  const { key, worker } = await withWorker();
  const waiting = call(key, "claim", WAIT);
  await provision("DELETE", `/workers/${worker.id}`);
  assert.equal((await waiting).status, 401);
});

Deno.test("an isolate that ends answers who waits, empty", async () => {
  const isolate = await startIsolate("worker", {}, { wallClockMs: 3000 });
  await using _ = isolate;
  const { key } = await withWorker();
  const url = isolate.at(FUNCTIONS_URL);
  const startedAt = performance.now();
  const { status, body } = await call(key, "claim", WAIT, url);
  assert.deepEqual([status, body], [200, { signals: [] }]);
  assert.ok(performance.now() - startedAt < 10_000);
});
