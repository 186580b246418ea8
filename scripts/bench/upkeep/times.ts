/** Times of calls, and how they are printed. */
import type { Sql } from "postgres";
import { print } from "../../cli/print.ts";

const ROUNDS = 9;

/** Prints and returns the median of a call's milliseconds; each is undone, so that all find the same. */
export async function measure(
  sql: Sql,
  what: string,
  call: (sql: Sql) => Promise<unknown>,
): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await sql`begin`;
    times.push(await time(() => call(sql)));
    await sql`rollback`;
  }
  times.sort((one, other) => one - other);
  const median = times[(ROUNDS - 1) / 2]!;
  print(
    `${what}: ${median.toFixed(1)} ms, at most ${times.at(-1)!.toFixed(1)}`,
  );
  return median;
}

/** Returns the milliseconds of a call. */
export async function time(call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Returns a quantile of sorted times, in words. */
export function quantile(times: number[], part: number): string {
  const at = Math.min(times.length - 1, Math.floor(times.length * part));
  return times[at]!.toFixed(1);
}
