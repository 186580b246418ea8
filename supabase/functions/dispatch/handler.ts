/**
 * Wakes the worker that delivers what is due: asked after an alert, and by cron.
 *
 * @module
 */
import { z } from "zod";
import { inBackground } from "../_shared/background.ts";
import { batch } from "../_shared/database/batch.ts";
import { utf8 } from "../_shared/domain/bytes.ts";
import { equalDigests, sha256 } from "../_shared/domain/credential/digest.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import { logError } from "../_shared/log.ts";
import { type Channels, notify } from "./notify.ts";
import { startWorker, type WorkerWorld } from "./worker.ts";

export interface World extends WorkerWorld {
  channels: Channels;
}

/** Returns what answers a wake, as soon as what is due is claimed: the sender need not wait for slow targets. */
export function dispatch(
  world: World,
): (request: Request) => Promise<Response> {
  const mayWake = wakers(world);
  const claim = startWorker(world);
  return async (request) => {
    if (request.method !== "POST") {
      throw new Refusal("method_not_allowed", { allow: "POST" });
    }
    if (!await mayWake(request.headers.get("apikey"))) {
      throw new Refusal("not_authorized");
    }
    const { notify: isAsked } = wakeSchema.parse(await request.text());
    if (isAsked) inBackground(tellOperators(world));
    return Response.json({ claimed: await claim() }, { status: 202 });
  };
}

/** Cron says when operators are to be told something; a body is not required. */
const wakeSchema = z.preprocess(
  (text) => text === "" ? {} : JSON.parse(String(text)),
  z.object({ notify: z.boolean().default(false) }),
);

/** A message that could not be settled is claimed again when its lease ends. */
async function tellOperators({ database, channels }: World): Promise<void> {
  await notify(database, channels)
    .catch((error) => logError("notifications", error));
}

/** However many callers come with a wrong key, the database is asked five times a second at most. */
const MIN_READ_INTERVAL_MS = 200;

/** Returns who may wake: the project's secret key, or cron with the wake key, which is read again before it is refused. */
function wakers(
  { database, secretKey }: World,
): (key: string | null) => Promise<boolean> {
  const ownKey = sha256(utf8(secretKey));
  let wakeKey: Uint8Array | undefined;

  const readWakeKey = batch<null, Uint8Array | undefined>({
    async send() {
      const key = await database.call("dispatch_wake_key", {});
      // Vault may have lost it.
      return [key ? sha256(utf8(key)) : undefined];
    },
    maxItems: 1,
    minIntervalMs: MIN_READ_INTERVAL_MS,
    key: () => "wake key",
  });

  return async (key) => {
    if (!key) return false;
    const digest = sha256(utf8(key));
    const isWakeKey = () =>
      wakeKey !== undefined && equalDigests(digest, wakeKey);
    if (equalDigests(digest, ownKey) || isWakeKey()) return true;
    wakeKey = await readWakeKey(null);
    return isWakeKey();
  };
}
