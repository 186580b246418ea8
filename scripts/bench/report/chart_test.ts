import assert from "node:assert/strict";
import { drawChart } from "./chart.ts";

const CHART = {
  title: "Alerts & more",
  groups: ["1", "32"],
  series: [
    { name: "one", values: [500, 1000] },
    { name: "other", values: [250, 0] },
  ],
};

function heightsOf(svg: string): number[] {
  return [...svg.matchAll(/<rect [^>]*height="([\d.]+)"[^>]*><title>/g)]
    .map(([, height]) => Number(height));
}

Deno.test("bars are as high as their values, from zero", () => {
  const [half, quarter, whole, none] = heightsOf(drawChart(CHART));
  assert.deepEqual([half! * 2, quarter! * 4, none], [whole, whole, 0]);
});

Deno.test("a chart escapes what it quotes, and has colours for dark pages", () => {
  const svg = drawChart(CHART);
  assert.match(svg, />Alerts &amp; more</);
  assert.match(svg, /prefers-color-scheme: dark/);
});

Deno.test("a chart of nothing has no bars, and does not fail", () => {
  const svg = drawChart({
    ...CHART,
    series: [{ name: "one", values: [0, 0] }],
  });
  assert.deepEqual(heightsOf(svg), [0, 0]);
});
