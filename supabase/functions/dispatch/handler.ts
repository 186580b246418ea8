/**
 * Delivers what is due: claims dispatches, delivers them side by side, settles them, until
 * nothing is left. Woken after an alert and by cron; several may run at once, since the
 * database leases every dispatch to one of them.
 *
 * @module
 */
import { z } from "zod";
import type { DatabaseClient } from "../_shared/adapters/database.ts";
import { gather } from "../_shared/adapters/gather.ts";
import { equalDigests, sha256, utf8 } from "../_shared/domain/bytes.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import { deliver, type DeliveryWorld, type Result } from "./deliver.ts";

export interface World extends DeliveryWorld {
  database: DatabaseClient;
}

/** All that may be under way at once, and for one route: a slow target never delays the others. */
const MAX_UNDER_WAY = 64;
const MAX_PER_ROUTE = 8;
/** Longer than an attempt and its settling; shorter than what a target may wait for another worker. */
const LEASE_S = 15;
const MAX_RESULTS_PER_CALL = 100;
/** The platform ends a worker after 150 s: https://supabase.com/docs/guides/functions/limits */
const RUN_FOR_MS = 60_000;

const claimsSchema = z.array(z.object({
  id: z.string(),
  fence: z.number(),
  kind: z.enum(["function", "http"]),
  target: z.string(),
  secret: z.string(),
  "correlation_id": z.string(),
  message: z.unknown(),
}));

/** Returns what answers a wake: it runs until nothing is due, and then says how much it delivered. */
export function dispatch(
  world: World,
): (request: Request) => Promise<Response> {
  const mayWake = wakers(world);
  let running: Promise<number> | undefined;
  return async (request) => {
    if (request.method !== "POST") {
      throw new Refusal("method_not_allowed", { allow: "POST" });
    }
    if (!await mayWake(request.headers.get("apikey"))) {
      throw new Refusal("not_authorized");
    }
    // One run per isolate: whoever wakes meanwhile waits for the next one, which sees its dispatch.
    await running;
    running ??= run(world).finally(() => running = undefined);
    return Response.json({ settled: await running });
  };
}

async function run({ database, ...world }: World): Promise<number> {
  const stopAt = performance.now() + RUN_FOR_MS;
  const underWay = new Set<Promise<void>>();
  let settled = 0;
  const settle = gather<Result, void>({
    maxItems: MAX_RESULTS_PER_CALL,
    async send(results) {
      await database.call("settle_dispatches", {
        results: results.map((result) => ({ ...result })),
      });
      settled += results.length;
      return results.map(() => {});
    },
  });

  do {
    const claimed = performance.now() < stopAt
      ? claimsSchema.parse(
        await database.call("claim_dispatches", {
          quantity: MAX_UNDER_WAY - underWay.size,
          "per_route": MAX_PER_ROUTE,
          "lease_seconds": LEASE_S,
        }),
      )
      : [];
    for (const claim of claimed) {
      const one = deliver(claim, world).then(settle)
        .finally(() => underWay.delete(one));
      underWay.add(one);
    }
    // What is settled may free its lane or its route.
    if (underWay.size) await Promise.race(underWay);
  } while (underWay.size);
  return settled;
}

/** Who may wake: the project's secret key, or cron with the wake key, which is read once. */
function wakers(
  { database, secretKey }: World,
): (key: string | null) => Promise<boolean> {
  const ownKey = sha256(utf8(secretKey));
  let wakeKey: Promise<Uint8Array> | undefined;
  return async (key) => {
    if (!key) return false;
    const digest = await sha256(utf8(key));
    if (equalDigests(digest, await ownKey)) return true;
    wakeKey ??= database.call("dispatch_wake_key", {})
      .then((text) => sha256(utf8(text)));
    wakeKey.catch(() => wakeKey = undefined);
    return equalDigests(digest, await wakeKey);
  };
}
