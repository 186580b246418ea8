import { inBackground } from "./background.ts";

/** A wake is answered once the worker has claimed; where nothing answers, cron wakes later. */
const ANSWER_WITHIN_MS = 5000;

/**
 * Returns what wakes the dispatch function: best effort, since cron wakes it anyway. At most
 * one call is under way per isolate; asked for meanwhile, another follows it.
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
        headers: { apikey: secretKey },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
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
