import assert from "node:assert/strict";
import { openDatabaseClock } from "./database_clock.ts";

Deno.test("a moment is as long after the reading's answer as the reading says", () => {
  const clock = openDatabaseClock();
  clock.set(Date.UTC(2026, 10, 23, 10), 5000);
  assert.equal(clock.at(6500).toISOString(), "2026-11-23T10:00:01.500Z");
});

Deno.test("a clock that was never read is too old to use", () => {
  assert.ok(openDatabaseClock().isTooOld());
});

for (
  const [seconds, isDue, isTooOld] of [
    [14, false, false],
    [16, true, false],
    [31, true, true],
  ] as const
) {
  Deno.test(`a reading of ${seconds} seconds ago is ${isDue ? "" : "not "}due, and ${isTooOld ? "" : "not "}too old`, () => {
    const clock = openDatabaseClock();
    clock.set(0, performance.now() - seconds * 1000);
    assert.deepEqual([clock.isDue(), clock.isTooOld()], [isDue, isTooOld]);
  });
}
