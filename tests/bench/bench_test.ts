/** The benchmark works: each step once, briefly, on a stack of its own. */
import assert from "node:assert/strict";
import { measureAll } from "../../scripts/bench/measures/measure_all.ts";
import { judgeTargets } from "../../scripts/bench/report/targets.ts";
import { TINY } from "../../scripts/bench/runs/plan.ts";

Deno.test("the benchmark measures every contender, and judges every target", async () => {
  const never = new AbortController().signal;
  const measured = await measureAll(TINY, () => {}, never);
  const { series } = measured.throughput;
  assert.deepEqual(
    {
      idle: series.filter(({ perSecond }) => perSecond <= 0),
      contenders: new Set(series.map(({ contender }) => contender)),
      targets: judgeTargets(measured).length,
    },
    {
      idle: [],
      contenders: new Set(["fastify", "gateway", "direct"]),
      targets: 16,
    },
  );
});
