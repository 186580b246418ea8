/** Workers that end or lag between a target's answer and its settling. */
import assert from "node:assert/strict";
import {
  ALERT,
  claimHeld,
  dispatchesOf,
  hold,
  pass,
  registerTo,
  untilSettled,
  wake,
} from "../support/deliveries.ts";
import { startBehindProxy } from "../support/isolate.ts";
import {
  FUNCTIONS_URL,
  openDatabase,
  send,
  until,
} from "../support/project.ts";
import { startSink } from "../support/sink.ts";

Deno.test("a worker that is killed after the target answered and before it settled leaves one delivery, under one id", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  await using isolate = await startBehindProxy("dispatch");
  const { proxy } = isolate;
  const kit = await registerTo(sink.url);
  await hold(sql, kit);
  await send(kit.urls.dedicated, ALERT);
  proxy.before = async (name) => {
    if (name === "claim_dispatches") return await claimHeld(sql, kit);
    if (name !== "settle_dispatches") return;
    isolate.kill();
    return new Response("", { status: 503 });
  };
  await wake(isolate.at(FUNCTIONS_URL)).catch(() => {}); // it may die before it answers
  await until(() => proxy.calls.includes("settle_dispatches"), "the kill");
  assert.deepEqual((await dispatchesOf(sql, kit))[0]!.status, "pending");
  await pass(sql, kit, 15); // the lease
  await wake();
  const [dispatch] = await untilSettled(sql, kit);
  assert.deepEqual([dispatch!.status, dispatch!.attempts], ["delivered", 1]);
  assert.deepEqual(sink.deliveries.map(({ id }) => id), [
    dispatch!.id,
    dispatch!.id,
  ]);
});

Deno.test("an answer that comes after another worker took over settles nothing", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  sink.answer = () =>
    new Response("", { status: sink.deliveries.length === 1 ? 500 : 200 });
  await using isolate = await startBehindProxy("dispatch");
  const { proxy } = isolate;
  const kit = await registerTo(sink.url);
  await hold(sql, kit);
  await send(kit.urls.dedicated, ALERT);
  const late = Promise.withResolvers<void>();
  proxy.before = async (name) => {
    if (name === "claim_dispatches") return await claimHeld(sql, kit);
    if (name === "settle_dispatches") await late.promise;
  };
  try {
    await wake(isolate.at(FUNCTIONS_URL));
    await until(() => proxy.calls.includes("settle_dispatches"), "an answer");
    await pass(sql, kit, 15);
    await wake();
    await untilSettled(sql, kit);
    proxy.calls.length = 0;
  } finally {
    late.resolve();
  }
  // It claims again when it has settled.
  await until(() => proxy.calls.includes("claim_dispatches"), "the late one");
  const [dispatch] = await dispatchesOf(sql, kit);
  assert.deepEqual(
    [dispatch!.status, dispatch!.attempts, dispatch!.codes],
    ["delivered", 1, [200]],
  );
});

Deno.test("a result that the database cannot take at first is settled, not delivered again", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  await using isolate = await startBehindProxy("dispatch");
  const { proxy } = isolate;
  const kit = await registerTo(sink.url);
  await hold(sql, kit);
  await send(kit.urls.dedicated, ALERT);
  let refused = 0;
  proxy.before = async (name) => {
    if (name === "claim_dispatches") return await claimHeld(sql, kit);
    if (name === "settle_dispatches" && refused++ === 0) {
      return new Response("", { status: 503 });
    }
  };
  await wake(isolate.at(FUNCTIONS_URL));
  const [dispatch] = await untilSettled(sql, kit);
  assert.equal(dispatch!.status, "delivered");
  assert.equal(sink.deliveries.length, 1);
});
