/** A worker's key opens its queues and nothing else. */
import assert from "node:assert/strict";
import { FUNCTIONS_URL, register } from "../support/project.ts";
import {
  call,
  type Called,
  type Claimed,
  fire,
  makeWorker,
  withWorker,
} from "./worker.ts";

const CALLS = ["claim", "extend", "complete", "fail", "reject", "heartbeat"];
const heldIn = (queue: string) => ({ queue, "message_id": 1, receipt: 1 });
const BODIES: Record<string, (queue: string) => Record<string, unknown>> = {
  claim: (queue) => ({ queue }),
  extend: heldIn,
  complete: heldIn,
  fail: (queue) => ({ ...heldIn(queue), error: "no" }),
  reject: (queue) => ({ ...heldIn(queue), reason: "no" }),
  heartbeat: () => ({}),
};
const DEAD_KEY = `wk_${"x".repeat(43)}`;

for (const name of CALLS) {
  Deno.test(`${name} with an unknown key is answered 401`, async () => {
    const { status, body } = await call(DEAD_KEY, name, BODIES[name]!("q"));
    assert.deepEqual([status, body["code"]], [401, "not_authorized"]);
  });
}

for (const name of CALLS.filter((name) => name !== "heartbeat")) {
  Deno.test(`${name} with another strategy's queue is answered 403, as with one that is not there`, async () => {
    const { key } = await withWorker();
    const other = await register();
    const queues = [other.routes[0]!.target, "no_such_queue"];
    const answers = await Promise.all(
      queues.map((queue) => call(key, name, BODIES[name]!(queue))),
    );
    const told = ({ status, body }: Called) => [status, body["detail"]];
    assert.equal(answers[0]!.status, 403);
    assert.deepEqual(told(answers[0]!), told(answers[1]!));
  });
}

for (
  const [can, allowed] of [
    ["claim", ["claim"]],
    ["settle", ["extend", "complete", "fail", "reject"]],
  ] as const
) {
  Deno.test(`a key that can ${can} does that, sends heartbeats, and nothing else`, async () => {
    const { key, queue } = await withWorker({ can: [can] });
    const statuses = await Promise.all(
      CALLS.map(async (name) =>
        [name, (await call(key, name, BODIES[name]!(queue))).status] as const
      ),
    );
    const refused = statuses.filter(([, status]) => status === 403)
      .map(([name]) => name);
    assert.deepEqual(
      refused,
      CALLS.filter((name) =>
        name !== "heartbeat" && !(allowed as readonly string[]).includes(name)
      ),
    );
  });
}

Deno.test("a key is no operator's, no sender's and not the project's", async () => {
  const { kit, key } = await withWorker();
  const bearer = { authorization: `Bearer ${key}` };
  const doors = [
    `${FUNCTIONS_URL}/provision/strategies`,
    `${FUNCTIONS_URL}/dispatch`,
    kit.urls.dedicated.split("?")[0]!,
    `${FUNCTIONS_URL.replace("functions", "rest")}/rpc/list_strategies`,
  ];
  const statuses = await Promise.all(doors.map(async (url) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...bearer, apikey: key },
      body: "{}",
    });
    await response.body?.cancel();
    return response.status;
  }));
  assert.deepEqual(statuses, Array(4).fill(401));
});

Deno.test("a worker of a key sees nothing of another's signals", async () => {
  const mine = await withWorker();
  const theirs = await withWorker();
  await fire(theirs.kit, "buy");
  const { body } = await call<Claimed>(mine.key, "claim", { quantity: 100 });
  assert.deepEqual(body.signals, []);
  const { key } = await makeWorker({ queues: [mine.queue, theirs.queue] });
  const all = await call<Claimed>(key, "claim", { quantity: 100 });
  assert.equal(all.body.signals.length, 1);
});
