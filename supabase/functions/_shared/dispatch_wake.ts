import { inBackground } from "./background.ts";

/** The worker responds after claiming. On timeout, cron wakes it later. */
const RESPOND_WITHIN_MS = 5000;

/**
 * Returns a function that wakes the dispatch function: best effort, since cron wakes it anyway. At most
 * one call is in flight per isolate; if it is called meanwhile, another follows.
 */
export function wakeDispatch(
  { internalUrl, secretKey }: { internalUrl: string; secretKey: string },
): () => void {
  let waking = false;
  let again = false;

  async function wake(): Promise<void> {
    waking = true;
    do {
      again = false;
      const response = await fetch(`${internalUrl}/dispatch`, {
        method: "POST",
        redirect: "manual",
        headers: { apikey: secretKey },
        signal: AbortSignal.timeout(RESPOND_WITHIN_MS),
      }).catch(() => undefined); // cron will
      await response?.body?.cancel().catch(() => {});
    } while (again);
    waking = false;
  }

  return () => {
    again = true;
    if (!waking) inBackground(wake());
  };
}
