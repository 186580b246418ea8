/** The calls of workers over HTTP: claim, extend, complete, fail, reject, heartbeat. */
import assert from "node:assert/strict";
import { openDatabase, provision } from "../support/project.ts";
import {
  call,
  type Claimed,
  claimOne,
  fire,
  makeWorker,
  outcomeOf,
  withWorker,
} from "./worker.ts";

const RESULT = { "order_id": "42", price: "2411.40" };

Deno.test("a claim hands out a signal with its receipt and the end of its lease", async () => {
  const { kit, key, queue } = await withWorker();
  await fire(kit, "buy");
  const { status, body } = await call<Claimed>(key, "claim");
  const [signal] = body.signals;
  assert.deepEqual(
    [status, signal?.queue, signal?.reads, signal?.message.action],
    [200, queue, 1, "buy"],
  );
  assert.ok(Date.parse(signal!.leased_until) > Date.now() + 20_000);
});

Deno.test("a completed signal has its worker's result in the outcome", async () => {
  const { kit, key, queue, worker } = await withWorker();
  await fire(kit, "buy");
  const held = await claimOne(key);
  const { body } = await call(key, "complete", { ...held, result: RESULT });
  const { outcome, result, worker: by } = await outcomeOf(queue) ?? {};
  assert.deepEqual(
    [body, outcome, result, by],
    [{ outcome: "completed" }, "completed", RESULT, worker.name],
  );
});

Deno.test("a worker's result stands in the list of signals", async () => {
  const { kit, key } = await withWorker();
  await fire(kit, "buy");
  const held = await claimOne(key);
  await call(key, "complete", { ...held, result: RESULT });
  const path = `/signals?strategy=${kit.strategy.slug}`;
  const { body } = await provision<
    { signals: { outcomes: { outcome: string; result: unknown }[] }[] }
  >("GET", path);
  const [{ outcome, result }] = body.signals[0]!.outcomes as [
    { outcome: string; result: unknown },
  ];
  assert.deepEqual([outcome, result], ["executed", RESULT]);
});

Deno.test("a call whose answer was lost is told that it settled the signal", async () => {
  const { kit, key } = await withWorker();
  await fire(kit, "buy");
  const held = await claimOne(key);
  await call(key, "complete", held);
  const { status, body } = await call(key, "complete", held);
  assert.deepEqual(
    [status, body["code"], body["outcome"], body["settled_by_this_receipt"]],
    [409, "not_held", "completed", true],
  );
});

Deno.test("a call that came too late is told who has the signal now", async () => {
  const { kit, key } = await withWorker();
  await fire(kit, "buy");
  const held = await claimOne(key);
  await call(key, "fail", { ...held, error: "no", "retry_in_seconds": 0 });
  await claimOne(key);
  const { status, body } = await call(key, "complete", held);
  assert.deepEqual(
    [status, body["outcome"], body["settled_by_this_receipt"]],
    [409, "leased", false],
  );
});

Deno.test("a message that never was is unknown", async () => {
  const { key, queue } = await withWorker();
  const asked = { queue, "message_id": 9007199254740991, receipt: 1 };
  const { status, body } = await call(key, "complete", asked);
  assert.deepEqual([status, body["outcome"]], [409, "unknown"]);
});

Deno.test("the same claim_id gets the same signals while the lease lasts", async () => {
  const { kit, key } = await withWorker();
  for (const symbol of ["A", "B"]) await fire(kit, "buy", symbol);
  const asked = { quantity: 1, "claim_id": "one" };
  const first = await call<Claimed>(key, "claim", asked);
  const again = await call<Claimed>(key, "claim", asked);
  assert.deepEqual(again.body, first.body);
});

Deno.test("a failed signal comes again, and is dead after five reads", async () => {
  const { kit, key } = await withWorker();
  await fire(kit, "buy");
  const outcomes: unknown[] = [];
  for (let read = 1; read <= 5; read++) {
    const held = await claimOne(key);
    const given = { ...held, error: "no", "retry_in_seconds": 0 };
    outcomes.push((await call(key, "fail", given)).body["outcome"]);
  }
  assert.deepEqual(outcomes, [...Array(4).fill("retrying"), "dead"]);
});

Deno.test("an extended lease lasts longer, and says that an exit waits", async () => {
  const { kit, key } = await withWorker();
  await fire(kit, "buy");
  const held = await claimOne(key);
  await fire(kit, "exit_long");
  const { body } = await call(key, "extend", { ...held, "lease_seconds": 600 });
  assert.equal(body["exit_waiting"], true);
  assert.ok(Date.parse(`${body["leased_until"]}`) > Date.now() + 590_000);
});

Deno.test("a lease is not extended beyond fifteen minutes", async () => {
  await using database = openDatabase();
  const { kit, key, queue } = await withWorker();
  await fire(kit, "buy");
  const held = await claimOne(key);
  await database.sql`
    update private.waiting_messages set leased_at = now() - interval '14 minutes' where queue = ${queue}`;
  const { body } = await call(key, "extend", { ...held, "lease_seconds": 600 });
  assert.ok(Date.parse(`${body["leased_until"]}`) < Date.now() + 61_000);
});

Deno.test("without a queue exits of all queues of the key come first", async () => {
  const one = await withWorker();
  const other = await withWorker();
  const { key } = await makeWorker({ queues: [one.queue, other.queue] });
  for (const { kit } of [one, other]) {
    for (const symbol of ["A", "B"]) await fire(kit, "buy", symbol);
  }
  await fire(one.kit, "exit_long", "C");
  await fire(other.kit, "exit_long", "C");
  const { body } = await call<Claimed>(key, "claim", { quantity: 4 });
  const actions = body.signals.map(({ message }) => message.action);
  assert.deepEqual(actions, ["exit", "exit", "buy", "buy"]);
});

Deno.test("tests are handed out only where they are asked for", async () => {
  const { kit, key } = await withWorker();
  const path = `/strategies/${kit.strategy.slug}/test`;
  await provision("POST", path, { deliver: ["queue"] });
  const without = await call<Claimed>(key, "claim");
  const asked = await call<Claimed>(key, "claim", { tests: true });
  assert.deepEqual(
    [without, asked].map(({ body }) => body.signals.length),
    [0, 1],
  );
});

Deno.test("a heartbeat shows when a worker was last seen, and its version", async () => {
  const { key, worker } = await withWorker();
  await call(key, "heartbeat", { version: "mt5-bridge 1.2" });
  const { body } = await provision<
    { workers: { id: string; version: string; "last_seen_at": string }[] }
  >("GET", "/workers");
  const seen = body.workers.find(({ id }) => id === worker.id)!;
  assert.equal(seen.version, "mt5-bridge 1.2");
  assert.ok(Date.parse(seen.last_seen_at) > Date.now() - 60_000);
});
