/**
 * Notices that this process stood still: stopped by somebody, or starved of its machine. A request that it reads right
 * afterwards may have lain in its socket all the while, and nothing in it says since when.
 *
 * @module
 */
import { clearInterval, setInterval } from "node:timers";

const BEAT_MS = 250;

export interface StallLimits {
  /** A gap longer than this between two beats is a stall. */
  stallMs: number;
  /** For so long after a stall, requests that came during it are still being read. */
  drainMs: number;
}

export interface Stalls extends Disposable {
  /** Returns whether a request that is read now may have come during a stall. */
  justEnded(): boolean;
}

/** Watches this process until it is disposed of. */
export function watchStalls({ stallMs, drainMs }: StallLimits): Stalls {
  let lastBeat = performance.now();
  let drainedAt = lastBeat;

  function beat(): void {
    const now = performance.now();
    if (now - lastBeat > stallMs) drainedAt = now + drainMs;
    lastBeat = now;
  }

  // It must not keep an isolate alive that has nothing else to do.
  const timer = setInterval(beat, BEAT_MS).unref();
  return {
    // A request may be read before the timer's turn comes.
    justEnded() {
      beat();
      return performance.now() < drainedAt;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
