/** Examples of workers and test alerts, which reach a queue only by a test that names it. */
import assert from "node:assert/strict";
import { API_URL, provision } from "../support/project.ts";
import { withWorker } from "../worker/worker.ts";
import { install, PROGRAMS, untilSettled } from "./programs.ts";

for (const program of PROGRAMS) {
  Deno.test({
    name:
      `the example for ${program.name} completes a test without trading, if it takes tests`,
    ignore: !program.isHere,
    fn: async () => {
      const { kit, key, queue } = await withWorker();
      await provision("POST", `/strategies/${kit.strategy.slug}/test`, {
        body: { action: "buy", symbol: "A", quantity: 1 },
        deliver: ["queue"],
      });
      await using example = await install(program, {
        "SUPABASE_URL": API_URL,
        "SUPABASE_PUBLISHABLE_KEY": "none",
        "WORKER_KEY": key,
        "TESTS": "1",
      });
      example.start();
      const [outcome] = await untilSettled(queue, 1);
      assert.deepEqual([outcome?.outcome, outcome?.result], [
        "completed",
        null,
      ]);
    },
  });
}
