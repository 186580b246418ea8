import assert from "node:assert/strict";
import { METRICS_DOC, renderMetrics } from "./write_metrics.ts";

Deno.test("docs/metrics.md is made of the catalogue: scripts/docs/write_metrics.ts", async () => {
  assert.equal(await Deno.readTextFile(METRICS_DOC), await renderMetrics());
});
