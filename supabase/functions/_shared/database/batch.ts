/**
 * Sends requests to the database in batches: while one call is in flight, what comes next waits and goes with
 * the next call. Nothing waits when idle.
 *
 * @module
 */

export interface BatchOptions<Item, Result> {
  /** Sends a batch; returns one result per item, in order. */
  send(items: Item[]): Promise<Result[]>;
  /** Most items in one call. */
  maxItems: number;
  /** Least time between the starts of two calls, in milliseconds. */
  minIntervalMs?: number;
  /** Items with the same key are sent as one, and share its result. */
  key?(item: Item): unknown;
  /** An item that waited longer, in milliseconds, is not sent any more: its caller has given up. */
  maxWaitMs?: number;
}

interface Waiter<Result> {
  since: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface Waiting<Item, Result> {
  item: Item;
  waiters: Waiter<Result>[];
}

/** Returns a function that sends one item and returns its own result; it rejects when the call fails. */
export function batch<Item, Result>(
  { send, maxItems, minIntervalMs = 0, key, maxWaitMs = Infinity }:
    BatchOptions<Item, Result>,
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
      const items = take();
      if (!items.length) continue;
      nextStart = performance.now() + minIntervalMs;
      await deliver(items);
    }
    running = false;
  }

  function take(): Waiting<Item, Result>[] {
    const items: Waiting<Item, Result>[] = [];
    const oldest = performance.now() - maxWaitMs;
    for (const [id, { item, waiters }] of waiting) {
      if (items.length >= maxItems) break;
      waiting.delete(id);
      const late = waiters.filter(({ since }) => since < oldest);
      late.forEach(({ reject }) =>
        reject(new Error(`Cannot send after ${maxWaitMs} ms of waiting`))
      );
      const inTime = waiters.filter(({ since }) => since >= oldest);
      if (inTime.length) items.push({ item, waiters: inTime });
    }
    return items;
  }

  async function deliver(items: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await send(items.map(({ item }) => item));
      if (results.length !== items.length) {
        throw new Error(
          `Cannot match ${results.length} results to ${items.length} items`,
        );
      }
      items.forEach(({ waiters }, index) =>
        waiters.forEach(({ resolve }) => resolve(results[index]!))
      );
    } catch (error) {
      items.forEach(({ waiters }) =>
        waiters.forEach(({ reject }) => reject(error))
      );
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      const id = key ? key(item) : Symbol();
      const waiter = { since: performance.now(), resolve, reject };
      const known = waiting.get(id);
      if (known) known.waiters.push(waiter);
      else waiting.set(id, { item, waiters: [waiter] });
      if (!running) void run();
    });
}
