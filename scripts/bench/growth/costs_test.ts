import assert from "node:assert/strict";
import { type Costs, findLimits } from "./costs.ts";

const COSTS: Costs = {
  functionMs: 0.1,
  postgresMs: { alone: 1, gathered: 0.5 },
  alertsPerIsolate: 10_000,
  bootMs: 100,
  bytes: 1000,
  callMs: 2,
  settledPerSecond: 150,
};

Deno.test("findLimits() computes where each part is full, the first at the head", () => {
  assert.deepEqual(
    findLimits(COSTS).map(({ name, perMinute }) => [name, perMinute]),
    [
      ["one strategy's default limit", 1000],
      ["one worker that settles signals one at a time", 9000],
      ["Postgres, 2 cores", 240_000],
      ["PostgREST's pool of 10, one alert a call", 300_000],
      ["one isolate's thread", 600_000],
    ],
  );
});

Deno.test("findLimits() says nothing of what was not measured", () => {
  const parts = findLimits({ ...COSTS, settledPerSecond: undefined });
  assert.ok(!parts.some(({ name }) => name.includes("worker")));
});
