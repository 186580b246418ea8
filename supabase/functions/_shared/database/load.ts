/**
 * Bounds what waits for the database: more alerts than it can ingest are refused at once, while they are cheap, so
 * that it works for senders who still wait, and not for those who were answered 503 already.
 *
 * @module
 */

export interface LoadLimits {
  /** Most alerts in one call. */
  perCall: number;
  /** A call ends after so long, with an answer or without. */
  callTimeoutMs: number;
  /** An alert that would wait longer for its turn, in milliseconds, is one too many. */
  maxWaitMs: number;
  /** Most alerts, and bytes of their bodies, that wait at once. */
  maxAlerts: number;
  maxBytes: number;
}

export interface Load {
  /** Counts an alert until it is settled. */
  count<T>(bytes: number, settled: Promise<T>): Promise<T>;
  /** Times a call of the database. */
  time<T>(call: Promise<T>): Promise<T>;
  /** Whether one more alert would wait for too long, or take too much memory. */
  isFull(): boolean;
}

export function openLoad(
  { perCall, callTimeoutMs, maxWaitMs, maxAlerts, maxBytes }: LoadLimits,
): Load {
  let alerts = 0;
  let bytes = 0;
  /** Those under way, the oldest first. */
  const calls = new Set<{ since: number }>();
  /** Of a call, the mean of the last ones. */
  let callMs = 0;

  function expectedMs(): number {
    const [oldest] = calls;
    if (!oldest) return 0;
    const underWayMs = performance.now() - oldest.since;
    // A call that takes longer than the last ones may take as long again.
    const ms = Math.max(callMs, underWayMs);
    const callsBehind = Math.max(0, Math.ceil(alerts / perCall) - 1);
    return Math.min(ms, callTimeoutMs - underWayMs) + callsBehind * ms;
  }

  return {
    async count(size, settled) {
      alerts++;
      bytes += size;
      try {
        return await settled;
      } finally {
        alerts--;
        bytes -= size;
      }
    },
    async time(call) {
      const timed = { since: performance.now() };
      calls.add(timed);
      try {
        return await call;
      } finally {
        calls.delete(timed);
        callMs = (callMs + performance.now() - timed.since) / 2;
      }
    },
    isFull: () =>
      alerts >= maxAlerts || bytes >= maxBytes || expectedMs() > maxWaitMs,
  };
}
