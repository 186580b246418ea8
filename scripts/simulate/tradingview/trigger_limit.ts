/** TradingView stops an alert that fires more than 15 times within three minutes. */
const MAX_TRIGGERS = 15;
const WINDOW_MS = 3 * 60_000;

/** Returns the triggers of one alert, in order, up to the one that stops it. */
export function untilStopped<Trigger extends { at: number }>(
  triggers: readonly Trigger[],
): { sent: Trigger[]; isStopped: boolean } {
  const stop = triggers.findIndex(({ at }, index) => {
    const oldest = triggers[index - MAX_TRIGGERS];
    return oldest !== undefined && at - oldest.at <= WINDOW_MS;
  });
  const isStopped = stop >= 0;
  return { sent: triggers.slice(0, isStopped ? stop : undefined), isStopped };
}
