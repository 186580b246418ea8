/** The market's time, which may go faster than ours. */

export interface Clock {
  /** Waits for a time of the market, in ms from its opening; false: aborted meanwhile. */
  until(ms: number): Promise<boolean>;
}

/** Opens the market now; its time goes `speed` times as fast as ours. */
export function startClock(speed: number, signal: AbortSignal): Clock {
  const openedAt = performance.now();
  return {
    until: (ms) => pause(openedAt + ms / speed - performance.now(), signal),
  };
}

/** Waits; returns false at once if it is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  if (ms <= 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const end = (isOver: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      resolve(isOver);
    };
    const stop = () => end(false);
    const timer = setTimeout(() => end(true), ms);
    signal.addEventListener("abort", stop);
  });
}
