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
}

interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** Returns a function that sends one item and gives its own result; it rejects when the call fails. */
export function gather<Item, Result>(
  { send, maxItems, minIntervalMs = 0 }: GatherOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let running = false;
  let nextStart = 0;

  async function run(): Promise<void> {
    running = true;
    while (waiting.length) {
      const pause = nextStart - performance.now();
      if (pause > 0) await new Promise((wake) => setTimeout(wake, pause));
      nextStart = performance.now() + minIntervalMs;
      const batch = waiting.slice(0, maxItems);
      waiting = waiting.slice(maxItems);
      await deliver(batch);
    }
    running = false;
  }

  async function deliver(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await send(batch.map(({ item }) => item));
      if (results.length !== batch.length) {
        throw new Error(
          `Cannot match ${results.length} results to ${batch.length} items`,
        );
      }
      batch.forEach(({ resolve }, index) => resolve(results[index]!));
    } catch (error) {
      batch.forEach(({ reject }) => reject(error));
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!running) void run();
    });
}
