/**
 * Claims due dispatches, delivers them concurrently and settles them. Several workers may run at once: the
 * database leases each dispatch to one of them.
 *
 * @module
 */
import { z } from "zod";
import { inBackground } from "../_shared/background.ts";
import { batch } from "../_shared/database/batch.ts";
import type { DatabaseClient } from "../_shared/database/client.ts";
import { logError } from "../_shared/log.ts";
import {
  type AttemptResult,
  deliver,
  type DeliveryDeps,
  type LeasedDispatch,
} from "./deliver.ts";

export interface WorkerDeps extends DeliveryDeps {
  database: DatabaseClient;
  /** Milliseconds for which a wake keeps the worker claiming; for tests. */
  claimForMs?: number;
}

/** Deliveries under way at once; the database limits how many of them go to one route. */
const MAX_IN_FLIGHT = 256;
/** Longer than an attempt and its settling; no longer than a dispatch may wait when its worker is lost. */
const LEASE_S = 15;
/**
 * An isolate lives for at least 150 s and gets requests only in the first half of that (docs functions/limits;
 * supabase/edge-runtime, `strategy_per_worker.rs`): after the last wake this leaves the time of a lease to
 * finish what is in flight.
 */
const CLAIM_FOR_MS = 60_000;
const MAX_RESULTS_PER_CALL = 100;
/** The database may be away for a moment: what was delivered should not be delivered twice. */
const SETTLE_RETRIES_MS = [500, 2000, 4000];

const leasedSchema = z.array(z.object({
  id: z.string(),
  fence: z.number(),
  kind: z.enum(["function", "http"]),
  target: z.string(),
  secret: z.string().nullable(),
  send_secret_key: z.boolean(),
  correlation_id: z.string(),
  message: z.unknown(),
}));

/**
 * Returns a function that wakes the worker: it claims once and returns how many dispatches it got. Callers that
 * come while a claim is in flight share the next one. Deliveries go on in the background; for a minute the
 * worker also claims what they free. After `beforeunload` it claims nothing and finishes what is in flight.
 */
export function startWorker(
  { database, claimForMs = CLAIM_FOR_MS, ...deps }: WorkerDeps,
): () => Promise<number> {
  let inFlight = 0;
  let claimsUntil = 0;
  let isEnding = false;
  globalThis.addEventListener("beforeunload", () => isEnding = true);

  const settle = batch<AttemptResult, void>({
    maxItems: MAX_RESULTS_PER_CALL,
    async send(results) {
      await retry(() =>
        database.call("settle_dispatches", {
          results: results.map((result) => ({ ...result })),
        })
      );
      return results.map(() => {});
    },
  });

  const claim = batch<void, number>({
    maxItems: Infinity,
    async send(callers) {
      const mayClaim = !isEnding && inFlight < MAX_IN_FLIGHT;
      const dispatches = mayClaim ? await lease() : [];
      for (const one of dispatches) inBackground(deliverAndSettle(one));
      return callers.map(() => dispatches.length);
    },
  });

  async function lease(): Promise<LeasedDispatch[]> {
    return leasedSchema.parse(
      await database.call("claim_dispatches", {
        quantity: MAX_IN_FLIGHT - inFlight,
        lease_seconds: LEASE_S,
      }),
    );
  }

  /** Never rejects: what fails here is leased again when its lease ends. */
  async function deliverAndSettle(dispatch: LeasedDispatch): Promise<void> {
    const { correlation_id } = dispatch;
    inFlight++;
    try {
      await settle(await deliver(dispatch, deps));
    } catch (error) {
      logError(correlation_id, error);
    } finally {
      inFlight--;
    }
    if (performance.now() >= claimsUntil) return;
    // Settling may have freed its lane or its route.
    await claim().catch((error) => logError(correlation_id, error));
  }

  return () => {
    claimsUntil = performance.now() + claimForMs;
    return claim();
  };
}

async function retry(run: () => Promise<unknown>): Promise<void> {
  for (const pause of SETTLE_RETRIES_MS) {
    try {
      return void await run();
    } catch {
      await new Promise((wake) => setTimeout(wake, pause));
    }
  }
  await run();
}
