import assert from "node:assert/strict";
import { watchStalls } from "./stall.ts";

/** Keeps this process from doing anything else. */
function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

Deno.test("a process that beats has not stalled", () => {
  using stalls = watchStalls({ stallMs: 500, drainMs: 500 });
  assert.equal(stalls.justEnded(), false);
});

Deno.test("what is read right after a stall may have come during it", () => {
  using stalls = watchStalls({ stallMs: 50, drainMs: 500 });
  standStill(60);
  assert.equal(stalls.justEnded(), true);
});

Deno.test("a stall is still known after the first request that was read", () => {
  using stalls = watchStalls({ stallMs: 50, drainMs: 500 });
  standStill(60);
  stalls.justEnded();
  assert.equal(stalls.justEnded(), true);
});

Deno.test("what is read once a stall is drained came after it", () => {
  using stalls = watchStalls({ stallMs: 50, drainMs: 20 });
  standStill(60);
  stalls.justEnded();
  standStill(30);
  assert.equal(stalls.justEnded(), false);
});
