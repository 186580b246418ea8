/** Waits for work, and says so if it takes long. */

const SLOW_MS = 1000;

/** Waits for `work`, and announces it if it takes longer than a second. */
export async function announceIfSlow<T>(
  announce: (text: string) => void,
  text: string,
  work: Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => announce(text), SLOW_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for `work`, or throws as soon as `signal` is aborted. */
export function unlessStopped<T>(
  signal: AbortSignal | undefined,
  work: Promise<T>,
): Promise<T> {
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  return Promise.race([work, promise])
    .finally(() => signal.removeEventListener("abort", stop));
}

/** Resolves after `ms`, or as soon as `signal` is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    resolve();
  };
  const timer = setTimeout(end, ms);
  signal.addEventListener("abort", end);
  return promise;
}
