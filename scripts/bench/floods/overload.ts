/**
 * Measures what becomes of more alerts than can be ingested: the capacity in a closed loop, then 1.5 and 2.5 times as
 * many in an open loop, then 0.7 times again, on a stack of its own: `deno run -A scripts/bench/floods/overload.ts [seconds]`.
 * The goal under overload: 80 % of the capacity answered 202, the rest 503 within 300 ms, no answer after 2.5 s, and
 * hardly anything stored that was answered 503; two seconds after it all is as before.
 */
import { print } from "../../cli/print.ts";
import { runCommand } from "../../cli/run_command.ts";
import { alertBody, STRATEGIES } from "../contenders/contender.ts";
import { startBenchStack } from "../contenders/bench_stack.ts";
import { startGenerator } from "../load/generator.ts";
import type { LoadResult } from "../load/tally.ts";

const LOADS = [0.7, 1.5, 2.5, 0.7];
const CLOSED_CONNECTIONS = 512;
/** As many requests may be under way: TradingView opens a connection for each. */
const OPEN_CONNECTIONS = 4096;
const ACCEPTED = "202 accepted";

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const windowMs = Number(args[0] ?? 10) * 1000;
  await using stack = await startBenchStack();
  await using generator = await startGenerator();
  const { direct, gateway } = await stack.contenders({
    rate_limit_per_minute: null,
  });
  for (const { name, address, path, headers, store } of [direct, gateway]) {
    const requests = Array.from({ length: STRATEGIES }, (_, strategy) => ({
      path: path(strategy),
      headers,
      body: alertBody(strategy),
    }));
    const job = { address, requests, warmMs: 2000, windowMs };
    const closed = await generator.run({
      ...job,
      connections: CLOSED_CONNECTIONS,
    });
    const capacity = perSecond(closed, ACCEPTED);
    print(
      `${name}: ${
        Math.round(capacity)
      } alerts/s at ${CLOSED_CONNECTIONS} connections`,
    );
    for (const load of LOADS) {
      await store.reset();
      const result = await generator.run({
        ...job,
        warmMs: 0,
        connections: OPEN_CONNECTIONS,
        rate: capacity * load,
      });
      const { signals } = await store.count();
      print(describe(load, capacity, signals, result));
    }
  }
}

function perSecond({ window, seconds }: LoadResult, outcome: string): number {
  return (window[outcome] ?? 0) / seconds;
}

function describe(
  load: number,
  capacity: number,
  stored: number,
  result: LoadResult,
): string {
  const { all, unanswered, latency, latencyBy, lateness } = result;
  const accepted = all[ACCEPTED] ?? 0;
  const outcomes = Object.entries(all).map(([outcome, count]) =>
    `${count} × ${outcome} (p99 ${latencyBy[outcome]?.p99.toFixed(0)} ms)`
  );
  const share = accepted / result.seconds / capacity;
  return [
    `  ${load} × capacity: ${(share * 100).toFixed(0)} % of it accepted`,
    outcomes.join(", "),
    `slowest ${latency.max.toFixed(0)} ms`,
    `unanswered ${unanswered}`,
    `stored, but not accepted: ${stored - accepted}`,
    `generator late p99 ${lateness?.p99.toFixed(0)} ms`,
  ].join("; ");
}
