import assert from "node:assert/strict";
import { median, percentile, ratioOfPairs } from "./statistics.ts";

Deno.test("median() is the middle one, or the mean of two", () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 3, 2])], [2, 2.5]);
});

Deno.test("percentile() is the smallest value that the share does not exceed", () => {
  const values = Array.from({ length: 30 }, (_, index) => 30 - index);
  assert.deepEqual(
    [0.5, 0.95, 1].map((share) => percentile(values, share)),
    [15, 29, 30],
  );
});

Deno.test("ratioOfPairs() is the median of the pairs' ratios, with their range", () => {
  // Not the ratio of the medians, 40 to 20: the pairs ran under different load.
  assert.deepEqual(ratioOfPairs([10, 40, 90], [10, 20, 30]), {
    median: 2,
    min: 1,
    max: 3,
    pairs: 3,
  });
});

Deno.test("ratioOfPairs() fails without a partner for each run", () => {
  assert.throws(() => ratioOfPairs([1, 2], [1]), /Cannot pair 2 runs with 1/);
});
