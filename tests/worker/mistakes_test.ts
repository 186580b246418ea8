/** What a worker writes wrong is named, and does nothing. */
import assert from "node:assert/strict";
import { call, withWorker } from "./worker.ts";

const MISTAKES: [name: string, body: unknown, path: string][] = [
  ["claim", { quantity: 0 }, "quantity"],
  ["claim", { quantity: 101 }, "quantity"],
  ["claim", { "lease_seconds": 4 }, "lease_seconds"],
  ["claim", { "wait_seconds": 26 }, "wait_seconds"],
  ["claim", { colour: "red" }, "colour"],
  ["complete", { queue: "q", "message_id": 1.5, receipt: 1 }, "message_id"],
  [
    "complete",
    {
      queue: "q",
      "message_id": 1,
      receipt: 1,
      result: { x: "y".repeat(4096) },
    },
    "result",
  ],
  ["fail", { queue: "q", "message_id": 1, receipt: 1 }, "error"],
  [
    "reject",
    { queue: "q", "message_id": 1, receipt: 1, reason: "r".repeat(501) },
    "reason",
  ],
  [
    "reject",
    { queue: "q", "message_id": 1, receipt: 1, reason: "\0" },
    "reason",
  ],
];

for (const [name, body, path] of MISTAKES) {
  Deno.test(`${name} with ${JSON.stringify(body).slice(0, 60)} is answered 422, naming ${path}`, async () => {
    const { key } = await withWorker();
    const answer = await call<{ code: string; errors: { path: string }[] }>(
      key,
      name,
      body,
    );
    assert.deepEqual(
      [answer.status, answer.body.code, answer.body.errors[0]?.path],
      [422, "invalid_request", path],
    );
  });
}

Deno.test("a call that is none is answered 404, with the names of all", async () => {
  const { key } = await withWorker();
  const { status, body } = await call(key, "steal");
  assert.equal(status, 404);
  assert.match(`${body["detail"]}`, /claim, extend, complete, fail, reject/);
});
