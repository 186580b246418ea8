/**
 * A token bucket for each caller, in this isolate.
 *
 * @module
 */

export interface RateLimit {
  /** Whether a caller may go on now: takes one of its tokens. */
  take(caller: string): boolean;
}

export function openRateLimit(
  { perSecond, burst, maxKeys }: {
    perSecond: number;
    burst: number;
    /** Callers remembered at once; who is forgotten begins with a full bucket. */
    maxKeys: number;
  },
): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(caller) {
      const now = performance.now();
      const { tokens, at } = buckets.get(caller) ?? { tokens: burst, at: now };
      const left = Math.min(burst, tokens + (now - at) / 1000 * perSecond);
      if (buckets.size >= maxKeys && !buckets.has(caller)) buckets.clear();
      const isTaken = left >= 1;
      buckets.set(caller, { tokens: isTaken ? left - 1 : left, at: now });
      return isTaken;
    },
  };
}
