/** Times of calls, and their quantiles. */
import { percentile } from "../load/statistics.ts";

/** Returns what an action returns, and its milliseconds. */
export async function timed<Value>(
  action: () => Promise<Value>,
): Promise<[Value, number]> {
  const startedAt = performance.now();
  const value = await action();
  return [value, performance.now() - startedAt];
}

/** Returns the milliseconds of each repetition but the first tenth, which makes plans. */
export async function repeat(
  times: number,
  action: () => Promise<unknown>,
): Promise<number[]> {
  const all: number[] = [];
  for (let n = 0; n < times; n++) all.push((await timed(action))[1]);
  return all.slice(times / 10);
}

/** Formats the median and the 99th percentile. */
export function quantiles(times: number[]): string {
  const at = (share: number) => percentile(times, share).toFixed(2);
  return times.length === 0 ? "-/-" : `${at(0.5)}/${at(0.99)}`;
}
