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
  retry?: Retry<Item, Result>;
}

/** Sends items again whose result is no answer yet, and lets nothing of their lane overtake them. */
export interface Retry<Item, Result> {
  isDue(result: Result): boolean;
  /** Items of one lane are answered in order. */
  lane(item: Item): unknown;
  /** Pause before the next call, in milliseconds, where there is nothing else to send. */
  pauseMs: number;
  /** An item that has waited longer, in milliseconds, gets the result as it is. */
  forMs: number;
}

interface Waiter<Result> {
  since: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface Waiting<Item, Result> {
  id: unknown;
  item: Item;
  waiters: Waiter<Result>[];
}

/** Returns a function that sends one item and returns its own result; it rejects when the call fails. */
export function batch<Item, Result>(
  { send, maxItems, minIntervalMs = 0, key, maxWaitMs = Infinity, retry }:
    BatchOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  /** In the order in which they were asked for first. */
  const waiting = new Map<unknown, Waiting<Item, Result>>();
  /** Lanes of items that are sent again, in order: the first is sent along with each batch, the others wait for it. */
  const blocked = new Map<unknown, Waiting<Item, Result>[]>();
  let running = false;
  let nextStart = 0;

  async function run(): Promise<void> {
    running = true;
    while (waiting.size || blocked.size) {
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
    for (const [lane, queue] of blocked) {
      if (items.length >= maxItems) break;
      const first = queue.shift();
      if (!first) blocked.delete(lane);
      const inTime = first && dropLate(first);
      if (inTime) items.push(inTime);
    }
    for (const one of waiting.values()) {
      if (items.length >= maxItems) break;
      waiting.delete(one.id);
      const inTime = dropLate(one);
      if (inTime) items.push(inTime);
    }
    return items;
  }

  /** Rejects the waiters that have waited too long; undefined if none is left. */
  function dropLate(
    { waiters, ...item }: Waiting<Item, Result>,
  ): Waiting<Item, Result> | undefined {
    const oldest = performance.now() - maxWaitMs;
    const inTime = waiters.filter(({ since, reject }) => {
      if (since >= oldest) return true;
      reject(new Error(`Cannot send after ${maxWaitMs} ms of waiting`));
      return false;
    });
    return inTime.length ? { ...item, waiters: inTime } : undefined;
  }

  async function deliver(items: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await send(items.map(({ item }) => item));
      if (results.length !== items.length) {
        throw new Error(
          `Cannot match ${results.length} results to ${items.length} items`,
        );
      }
      settle(items, results);
    } catch (error) {
      items.forEach(({ waiters }) =>
        waiters.forEach(({ reject }) => reject(error))
      );
    }
  }

  function settle(items: Waiting<Item, Result>[], results: Result[]): void {
    const lanes = new Map<unknown, Waiting<Item, Result>[]>();
    items.forEach((one, index) => {
      const result = results[index]!;
      const lane = retry?.lane(one.item);
      const again = lanes.get(lane) ?? [];
      lanes.set(lane, again);
      if (isRetried(one, result)) again.push(one);
      else one.waiters.forEach(({ resolve }) => resolve(result));
    });
    for (const [lane, again] of lanes) {
      if (again.length) block(lane, again);
      else release(lane);
    }
  }

  function isRetried(
    { waiters }: Waiting<Item, Result>,
    result: Result,
  ): boolean {
    return retry !== undefined && retry.isDue(result) &&
      waiters[0]!.since > performance.now() - retry.forMs;
  }

  /** Keeps back what waits in the lane, behind what is sent again. */
  function block(lane: unknown, again: Waiting<Item, Result>[]): void {
    const behind = [...waiting.values()]
      .filter(({ item }) => retry?.lane(item) === lane);
    behind.forEach(({ id }) => waiting.delete(id));
    blocked.set(lane, [...again, ...blocked.get(lane) ?? [], ...behind]);
    if (!waiting.size) nextStart = performance.now() + retry!.pauseMs;
  }

  /** Lets a lane go on, before what came later. */
  function release(lane: unknown): void {
    const queue = blocked.get(lane);
    if (!queue) return;
    blocked.delete(lane);
    const others = [...waiting.values()];
    waiting.clear();
    for (const one of [...queue, ...others]) waiting.set(one.id, one);
  }

  return (item) =>
    new Promise((resolve, reject) => {
      const id = key ? key(item) : Symbol();
      const waiter = { since: performance.now(), resolve, reject };
      const known = waiting.get(id);
      const one = { id, item, waiters: [waiter] };
      const queue = blocked.get(retry?.lane(item));
      if (known) known.waiters.push(waiter);
      else if (queue) queue.push(one);
      else waiting.set(id, one);
      if (!running) void run();
    });
}
