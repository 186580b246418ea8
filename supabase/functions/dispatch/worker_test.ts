import assert from "node:assert/strict";
import type { DatabaseClient } from "../_shared/database/client.ts";
import type { LeasedDispatch } from "./deliver.ts";
import { startWorker } from "./worker.ts";

const DISPATCH: Omit<LeasedDispatch, "target"> = {
  id: "d3b07384-d9a0-4c9b-8f5e-0a4b8c1d2e3f",
  fence: 1,
  kind: "http",
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  correlation_id: "c0ffee00-0000-4000-8000-000000000000",
  message: { action: "buy" },
  send_secret_key: false,
};

interface Run {
  wake(): Promise<number>;
  /** Calls of the database, in order. */
  calls: string[];
  /** Runs at the target before it answers. */
  onDelivery: () => Promise<void> | void;
  /** Resolves when the worker has nothing left to do. */
  idle(): Promise<void>;
}

/** Runs a worker on a database that has `due` dispatches, and leases one at a time. */
async function withWorker(
  { due, claimForMs }: { due: number; claimForMs?: number },
  test: (run: Run) => Promise<void>,
): Promise<void> {
  const background = new Set<Promise<unknown>>();
  const waitUntil = (work: Promise<unknown>) => void background.add(work);
  Object.assign(globalThis, { EdgeRuntime: { waitUntil } });
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      await request.arrayBuffer();
      await run.onDelivery();
      return new Response();
    },
  );
  const target = `http://127.0.0.1:${server.addr.port}`;
  const database = {
    call(name: string) {
      run.calls.push(name);
      const hasDue = name === "claim_dispatches" && due-- > 0;
      return Promise.resolve(hasDue ? [{ ...DISPATCH, target }] : []);
    },
  } as unknown as DatabaseClient;
  const run: Run = {
    wake: startWorker({
      database,
      allowLoopback: true,
      resolve: () => Promise.resolve([]),
      internalUrl: target,
      secretKey: "sb_secret_test",
      ...(claimForMs !== undefined && { claimForMs }),
    }),
    calls: [],
    onDelivery: () => {},
    async idle() {
      for (const work of background) {
        await work;
        background.delete(work);
      }
    },
  };
  try {
    await test(run);
    await run.idle();
  } finally {
    Reflect.deleteProperty(globalThis, "EdgeRuntime");
  }
}

/** A claim, and what comes of it. */
const ROUND = ["claim_dispatches", "settle_dispatches"];

Deno.test("a worker claims what its deliveries free, until nothing is due", () =>
  withWorker({ due: 3 }, async ({ wake, idle, calls }) => {
    assert.equal(await wake(), 1);
    await idle();
    assert.deepEqual(calls, [
      ...ROUND,
      ...ROUND,
      ...ROUND,
      "claim_dispatches",
    ]);
  }));

Deno.test("a worker claims no more when its time after the wake is over, until the next wake", () =>
  withWorker({ due: 9, claimForMs: 50 }, async (run) => {
    const { wake, idle, calls } = run;
    run.onDelivery = () => new Promise((answer) => setTimeout(answer, 60));
    await wake();
    await idle();
    assert.deepEqual(calls, ROUND);
    await wake();
    await idle();
    assert.deepEqual(calls, [...ROUND, ...ROUND]);
  }));

Deno.test("a worker claims no more from beforeunload on, and settles what is in flight", () =>
  withWorker({ due: 9 }, async (run) => {
    const { wake, idle, calls } = run;
    run.onDelivery = () =>
      void globalThis.dispatchEvent(new CustomEvent("beforeunload"));
    await wake();
    await idle();
    assert.equal(await wake(), 0);
    assert.deepEqual(calls, ROUND);
  }));

Deno.test("what a claim in flight at beforeunload leases is delivered", () =>
  withWorker({ due: 9 }, async ({ wake, idle, calls }) => {
    const claimed = wake();
    globalThis.dispatchEvent(new CustomEvent("beforeunload"));
    assert.equal(await claimed, 1);
    await idle();
    assert.deepEqual(calls, ROUND);
  }));
