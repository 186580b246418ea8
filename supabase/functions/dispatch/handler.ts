/**
 * Wakes the worker that delivers due dispatches, and notifies operators. `webhook` calls it after an alert, and
 * cron regularly.
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
import { startWorker, type WorkerDeps } from "./worker.ts";

export interface Deps extends WorkerDeps {
  channels: Channels;
}

/** Returns the function's handler, which responds once it has claimed: callers do not wait for slow targets. */
export function dispatch(
  deps: Deps,
): (request: Request) => Promise<Response> {
  const mayWake = wakeGuard(deps);
  const claim = startWorker(deps);
  return async (request) => {
    if (request.method !== "POST") {
      throw new Refusal("method_not_allowed", { allow: "POST" });
    }
    if (!await mayWake(request.headers.get("apikey"))) {
      throw new Refusal("not_authorized");
    }
    const wake = wakeSchema.parse(await request.text());
    if (wake.notify) inBackground(notifyOperators(deps));
    return Response.json({ claimed: await claim() }, { status: 202 });
  };
}

/** Cron says when notifications are due; the body is optional. */
const wakeSchema = z.preprocess(
  (text) => text === "" ? {} : JSON.parse(String(text)),
  z.object({ notify: z.boolean().default(false) }),
);

/** Never rejects: a message that could not be settled is leased again when its lease ends. */
async function notifyOperators({ database, channels }: Deps): Promise<void> {
  await notify(database, channels)
    .catch((error) => logError("notifications", error));
}

/** However many callers come with a wrong key, the database is asked once a second at most. */
const MIN_READ_INTERVAL_MS = 1000;

/** Returns whether a key may wake: the project's secret key, or the wake key, which is read again before a refusal. */
function wakeGuard(
  { database, secretKey }: Deps,
): (key: string | null) => Promise<boolean> {
  const ownKey = sha256(utf8(secretKey));
  let wakeKey: Uint8Array | undefined;

  const readWakeKey = batch<null, Uint8Array | undefined>({
    async send() {
      const key = await database.call("read_wake_key", {});
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
