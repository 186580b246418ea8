/** `deno task doctor` against a stack of its own: what a deployment may lack, it names. */
import assert from "node:assert/strict";
import postgres from "postgres";
import { startTemporaryStack } from "../../../scripts/local/temporary.ts";
import { deliverySteps } from "./delivery_steps.ts";
import { doctor, failures } from "./run_doctor.ts";
import { settingsSteps } from "./settings_steps.ts";
import { strategySteps } from "./strategy_steps.ts";
import { vaultSteps } from "./vault_steps.ts";

Deno.test("doctor", async (t) => {
  await using cleanup = new AsyncDisposableStack();
  const stack = await startTemporaryStack();
  cleanup.defer(() => stack.close());
  const sql = postgres(stack.databaseUrl, { max: 2, onnotice: () => {} });
  cleanup.defer(() => sql.end());
  // In this order: each step takes the stack as the one before it left it.
  for (
    const steps of [
      strategySteps,
      deliverySteps,
      settingsSteps,
      vaultSteps,
    ]
  ) await steps(t, { stack, sql });
});

Deno.test("doctor names cron when no job runs", async () => {
  await using cleanup = new AsyncDisposableStack();
  const stack = await startTemporaryStack({ cron: false });
  cleanup.defer(() => stack.close());
  const found = failures(await doctor(stack));
  assert.deepEqual(found, [
    "✗ Cron: no job has run in the last minute → pg_cron's worker is down: restart the database",
  ]);
});
