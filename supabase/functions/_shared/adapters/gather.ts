/**
 * Sends requests to the database together: while one call is in flight, what comes next
 * gathers and goes with the next call. Nothing waits when idle.
 *
 * @module
 */

export interface GatherOptions<Item, Result> {
  /** Sends what has gathered; one result per item, in order. */
  send(items: Item[]): Promise<Result[]>;
  /** Most items in one call. */
  maxItems: number;
  /** Least time between the starts of two calls, in milliseconds. */
  minIntervalMs?: number;
  /** Items of one key go as one, and share its result. */
  keyOf?(item: Item): unknown;
  /** What waits longer, in milliseconds, is not sent any more: whoever asked has given up. */
  maxWaitMs?: number;
}

interface Asker<Result> {
  since: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface Waiting<Item, Result> {
  item: Item;
  askers: Asker<Result>[];
}

/** Returns a function that sends one item and gives its own result; it rejects when the call fails. */
export function gather<Item, Result>(
  { send, maxItems, minIntervalMs = 0, keyOf, maxWaitMs = Infinity }:
    GatherOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  /** In the order in which they were asked for first. */
  const waiting = new Map<unknown, Waiting<Item, Result>>();
  let running = false;
  let nextStart = 0;

  async function run(): Promise<void> {
    running = true;
    while (waiting.size) {
      const pause = nextStart - performance.now();
      if (pause > 0) await new Promise((wake) => setTimeout(wake, pause));
      const batch = take();
      if (!batch.length) continue;
      nextStart = performance.now() + minIntervalMs;
      await deliver(batch);
    }
    running = false;
  }

  function take(): Waiting<Item, Result>[] {
    const batch: Waiting<Item, Result>[] = [];
    const oldest = performance.now() - maxWaitMs;
    for (const [key, { item, askers }] of waiting) {
      if (batch.length >= maxItems) break;
      waiting.delete(key);
      const late = askers.filter(({ since }) => since < oldest);
      late.forEach(({ reject }) =>
        reject(new Error(`Cannot send after ${maxWaitMs} ms of waiting`))
      );
      const inTime = askers.filter(({ since }) => since >= oldest);
      if (inTime.length) batch.push({ item, askers: inTime });
    }
    return batch;
  }

  async function deliver(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await send(batch.map(({ item }) => item));
      if (results.length !== batch.length) {
        throw new Error(
          `Cannot match ${results.length} results to ${batch.length} items`,
        );
      }
      batch.forEach(({ askers }, index) =>
        askers.forEach(({ resolve }) => resolve(results[index]!))
      );
    } catch (error) {
      batch.forEach(({ askers }) =>
        askers.forEach(({ reject }) => reject(error))
      );
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      const key = keyOf ? keyOf(item) : Symbol();
      const asker = { since: performance.now(), resolve, reject };
      const known = waiting.get(key);
      if (known) known.askers.push(asker);
      else waiting.set(key, { item, askers: [asker] });
      if (!running) void run();
    });
}
