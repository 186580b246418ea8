/** The load generator against servers whose behaviour is known. */
import assert from "node:assert/strict";
import { runClosedLoop } from "./closed_loop.ts";
import type { Job } from "./job.ts";
import { runOpenLoop } from "./open_loop.ts";

const STALL_MS = 400;

/** Starts a server that stops answering for a while at its n-th request. */
function startServer(stallAt = Infinity) {
  let requests = 0;
  let stalled: Promise<void> | undefined;
  const bodies = new Set<string>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      bodies.add(await request.text());
      if (++requests === stallAt) {
        stalled = new Promise((wake) => setTimeout(wake, STALL_MS));
      }
      await stalled;
      return Response.json({ status: "accepted" }, { status: 202 });
    },
  );
  return {
    bodies,
    job: {
      address: { hostname: "127.0.0.1", port: server.addr.port },
      requests: [{ path: "/", body: '{"n":"{n}"}' }],
      connections: 4,
      warmMs: 0,
      windowMs: 1000,
    } satisfies Job,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function counter() {
  let last = 0;
  return () => ++last;
}

Deno.test("the closed loop sends as many different requests as it is asked to", async () => {
  await using server = startServer();
  const job = { ...server.job, count: 50, windowMs: 20_000 };
  const { all, unanswered } = await runClosedLoop(job, counter());
  assert.deepEqual([all, unanswered, server.bodies.size], [
    { "202 accepted": 50 },
    0,
    50,
  ]);
});

Deno.test("the closed loop counts requests without an answer", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closing = (async () => {
    for await (const connection of listener) connection.close();
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const { all, unanswered } = await runClosedLoop({
    address: { hostname: "127.0.0.1", port },
    requests: [{ path: "/", body: "" }],
    connections: 1,
    warmMs: 0,
    windowMs: 20_000,
    count: 3,
  }, counter());
  listener.close();
  await closing;
  assert.deepEqual([all, unanswered], [{}, 3]);
});

Deno.test("the open loop charges a stall to every request that was due meanwhile", async () => {
  await using server = startServer(10);
  const job = { ...server.job, rate: 100 };
  const { all, latency } = await runOpenLoop(job, counter());
  // 40 of the 100 were due within the stall, the middle one of them half of it before its end.
  assert.deepEqual(all, { "202 accepted": 100 });
  assert.ok(
    latency.p95 > STALL_MS / 2,
    `p95 is ${latency.p95} ms, as if nothing had waited`,
  );
});
