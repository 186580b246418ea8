/**
 * Claims what is due, delivers it side by side and settles it. Several workers may run at
 * once: the database leases every dispatch to one of them.
 *
 * @module
 */
import { z } from "zod";
import { inBackground } from "../_shared/background.ts";
import { batch } from "../_shared/database/batch.ts";
import type { DatabaseClient } from "../_shared/database/client.ts";
import { logError } from "../_shared/log.ts";
import {
  type Claim,
  deliver,
  type DeliveryWorld,
  type Result,
} from "./deliver.ts";

export interface WorkerWorld extends DeliveryWorld {
  database: DatabaseClient;
  /** How long a wake keeps the worker claiming; for tests. */
  claimForMs?: number;
}

/** All that may be under way at once, and for one route: a slow target never delays the others. */
const MAX_UNDER_WAY = 256;
const MAX_PER_ROUTE = 8;
/** Longer than an attempt and its settling; shorter than what a target may wait for another worker. */
const LEASE_S = 15;
/**
 * An isolate lives 150 s at least and is woken in the first half of that only (docs
 * functions/limits; supabase/edge-runtime, `strategy_per_worker.rs`): after the last wake
 * this leaves a lease's time to finish what is under way.
 */
const CLAIM_FOR_MS = 60_000;
const MAX_RESULTS_PER_CALL = 100;
/** The database may be away for a moment: what was delivered should not be delivered again. */
const SETTLE_AGAIN_AFTER_MS = [500, 2000, 4000];

const claimsSchema = z.array(z.object({
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
 * Returns what claims once and says how many it got; whoever asks while a claim is in flight
 * shares the next one. Deliveries go on in the background, and for a minute what they free is
 * claimed too: then cron or the next alert wakes again. From `beforeunload` on nothing is
 * claimed any more, and what is under way is finished.
 */
export function startWorker(
  { database, claimForMs = CLAIM_FOR_MS, ...world }: WorkerWorld,
): () => Promise<number> {
  let underWay = 0;
  let claimsUntil = 0;
  let isEnding = false;
  globalThis.addEventListener("beforeunload", () => isEnding = true);

  const settle = batch<Result, void>({
    maxItems: MAX_RESULTS_PER_CALL,
    async send(results) {
      await insist(() =>
        database.call("settle_dispatches", {
          results: results.map((result) => ({ ...result })),
        })
      );
      return results.map(() => {});
    },
  });

  const claim = batch<void, number>({
    maxItems: Infinity,
    async send(askers) {
      const mayClaim = !isEnding && underWay < MAX_UNDER_WAY;
      const claims = mayClaim ? await claimSome() : [];
      for (const one of claims) inBackground(carry(one));
      return askers.map(() => claims.length);
    },
  });

  async function claimSome(): Promise<Claim[]> {
    return claimsSchema.parse(
      await database.call("claim_dispatches", {
        quantity: MAX_UNDER_WAY - underWay,
        per_route: MAX_PER_ROUTE,
        lease_seconds: LEASE_S,
      }),
    );
  }

  /** Never rejects: what fails here is claimed again when its lease ends. */
  async function carry(one: Claim): Promise<void> {
    underWay++;
    try {
      await settle(await deliver(one, world));
    } catch (error) {
      logError(one.correlation_id, error);
    } finally {
      underWay--;
    }
    if (performance.now() >= claimsUntil) return;
    // What is settled may have freed its lane or its route.
    await claim().catch((error) => logError(one.correlation_id, error));
  }

  return () => {
    claimsUntil = performance.now() + claimForMs;
    return claim();
  };
}

async function insist(attempt: () => Promise<unknown>): Promise<void> {
  for (const pause of SETTLE_AGAIN_AFTER_MS) {
    try {
      return void await attempt();
    } catch {
      await new Promise((wake) => setTimeout(wake, pause));
    }
  }
  await attempt();
}
