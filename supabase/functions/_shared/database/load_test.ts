import assert from "node:assert/strict";
import { type LoadLimits, openLoad } from "./load.ts";

const LIMITS: LoadLimits = {
  perCall: 10,
  callTimeoutMs: 2000,
  maxWaitMs: 1000,
  maxAlerts: 100,
  maxBytes: 1000,
};

/** A load with alerts that wait, after a call that took this long. */
async function loadOf(
  { alerts = 0, bytes = 1, callMs }: {
    alerts?: number;
    bytes?: number;
    callMs?: number;
  },
) {
  const load = openLoad(LIMITS);
  const answered = Promise.withResolvers<void>();
  if (callMs) {
    await load.time(new Promise((wake) => setTimeout(wake, callMs)));
    void load.time(answered.promise);
  }
  const settled = Array.from(
    { length: alerts },
    () => load.count(bytes, answered.promise),
  );
  return {
    load,
    settle: async () => {
      answered.resolve();
      await Promise.all(settled);
    },
  };
}

Deno.test("a load without alerts is not full, however slow the last call was", async () => {
  const { load } = await loadOf({ callMs: 50 });
  assert.ok(!load.isFull());
});

for (const [alerts, isFull] of [[99, false], [100, true]] as const) {
  Deno.test(`${alerts} alerts of at most 100 are ${isFull ? "" : "not "}full`, async () => {
    const { load, settle } = await loadOf({ alerts });
    assert.equal(load.isFull(), isFull);
    await settle();
  });
}

Deno.test("as many bytes as are allowed are full", async () => {
  const { load, settle } = await loadOf({ alerts: 2, bytes: 500 });
  assert.ok(load.isFull());
  await settle();
});

Deno.test("alerts that take more calls than there is time for are full", async () => {
  // Half of 300 ms, as the mean counts it, for each of eight calls.
  const { load, settle } = await loadOf({ alerts: 80, callMs: 300 });
  assert.ok(load.isFull());
  await settle();
});

Deno.test("alerts that were settled make room, whether they succeeded or not", async () => {
  const load = openLoad({ ...LIMITS, maxAlerts: 1 });
  await assert.rejects(load.count(1, Promise.reject(new Error("down"))));
  assert.ok(!load.isFull());
});
