/**
 * The database's clock, as this isolate last read it. Alerts are judged and dated by it alone: isolates agree on it,
 * and a step of their own clocks changes nothing.
 *
 * @module
 */

/** A reading is used for so long. */
const MAX_AGE_MS = 30_000;
/** From then on it is read anew, while the old reading is still good. */
const REFRESH_AFTER_MS = 15_000;

/** Moments are `performance.now()`, which no step of a clock moves. */
export interface DatabaseClock {
  /** Sets the clock by a reading (milliseconds since 1970) whose answer came at this moment. */
  set(reading: number, answeredAt: number): void;
  /** Returns the database's time at a moment: at most as late as it was, earlier by what the reading took to come. */
  at(moment: number): Date;
  /** Whether it has to be read before it is used. */
  isTooOld(): boolean;
  isDue(): boolean;
}

export function openDatabaseClock(): DatabaseClock {
  let readAt = -Infinity;
  let ahead = 0;
  const age = () => performance.now() - readAt;
  return {
    set(reading, answeredAt) {
      ahead = reading - answeredAt;
      readAt = answeredAt;
    },
    at: (moment) => new Date(moment + ahead),
    isTooOld: () => age() > MAX_AGE_MS,
    isDue: () => age() > REFRESH_AFTER_MS,
  };
}
