import assert from "node:assert/strict";
import { type Figures, readFigures } from "./figures.ts";
import { judgeTargets } from "./targets.ts";

const figures = await readFigures();

/** Returns whether the target whose name begins like this is met. */
function isMet(what: string, changed: Partial<Figures>): boolean | undefined {
  const found = judgeTargets({ ...figures, ...changed })
    .find((target) => target.what.startsWith(what));
  assert.ok(found, `There is no target ${what}`);
  return found.isMet;
}

function withRatio(name: string, median: number): Partial<Figures> {
  const change = (ratios: Figures["throughput"]["ratios"]) =>
    ratios.map((ratio) => ratio.name === name ? { ...ratio, median } : ratio);
  const { throughput, variants } = figures;
  return {
    throughput: { ...throughput, ratios: change(throughput.ratios) },
    variants: { ...variants, ratios: change(variants.ratios) },
  };
}

const RATIOS: [what: string, name: string, just: number, barelyNot: number][] =
  [
    ["at the function's own port", "direct / fastify", 1, 0.99],
    ["through the gateway", "gateway / fastify", 0.8, 0.79],
    ["one hot strategy", "hot / uniform", 0.8, 0.79],
    ["with history", "with history / fresh", 0.9, 0.89],
  ];

for (const [what, name, just, barelyNot] of RATIOS) {
  Deno.test(`${name} must be at least ${just}`, () => {
    assert.deepEqual(
      [just, barelyNot].map((ratio) => isMet(what, withRatio(name, ratio))),
      [true, false],
    );
  });
}

const BURST = {
  ...figures.burst,
  outcomes: { "202 accepted": 1000 },
  unanswered: 0,
  max: 3000,
};

Deno.test("a burst must be taken whole, and in time", () => {
  const bursts = [
    BURST,
    { ...BURST, max: 3001 },
    { ...BURST, unanswered: 1 },
    { ...BURST, outcomes: { "202 accepted": 999, "503 unavailable": 1 } },
  ];
  assert.deepEqual(
    bursts.map((burst) => isMet("1,000 alerts in one second", { burst })),
    [true, false, false, false],
  );
});
