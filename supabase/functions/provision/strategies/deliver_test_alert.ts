/**
 * Brings a test signal to the routes that the test names, and returns each target's verdict.
 *
 * @module
 */
import {
  type TestDeliveries,
  testDeliveriesSchema,
} from "../../_shared/provision_api/test_alert.ts";
import type { Deps } from "../context.ts";

/** Longer than a delivery may take, shorter than the bot waits. */
const WAIT_MS = 6000;
const PAUSE_MS = 50;

/** Waits for the targets; a queue only takes the test. Throws `not_found` for a route that the strategy has not. */
export async function deliverTest(
  { database, internalUrl, secretKey }: Deps,
  signalId: string,
  routes: string[],
): Promise<TestDeliveries> {
  await database.call("deliver_test", { signal_id: signalId, routes });
  const woken = await fetch(`${internalUrl}/dispatch`, {
    method: "POST",
    redirect: "manual",
    headers: { apikey: secretKey },
    signal: AbortSignal.timeout(WAIT_MS),
  }).catch(() => undefined); // cron wakes it
  await woken?.body?.cancel();
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const deliveries = testDeliveriesSchema.parse(
      await database.call("read_test", { signal_id: signalId }),
    );
    const isUnderWay = deliveries.some(({ route, outcome }) =>
      outcome === "waiting" && !route.startsWith("queue:")
    );
    if (!isUnderWay || performance.now() > deadline) return deliveries;
    await new Promise((wake) => setTimeout(wake, PAUSE_MS));
  }
}
