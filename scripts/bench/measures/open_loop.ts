/** Latency at half of the load that a contender can bear, counted from when each alert was due. */
import { median } from "../load/statistics.ts";
import { type Bench, runAlerts } from "../runs/run.ts";
import type { Series } from "./throughput.ts";

export interface OpenLoop {
  contender: string;
  /** Alerts a second that were sent. */
  rate: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
  failures: number;
  /** How late the generator itself was at the 99th percentile, which is part of the latencies. */
  lateness: number;
}

/** Connections that may be busy at once. */
const CONNECTIONS = 256;

export async function measureOpenLoop(
  bench: Bench,
  series: Series[],
): Promise<OpenLoop[]> {
  const { ours, rival, plan } = bench;
  const contenders = [rival, ours.gateway, ours.direct];
  const rates = contenders.map(({ name }) => {
    const own = series.filter(({ contender }) => contender === name);
    return Math.max(
      1,
      Math.floor(Math.max(...own.map(({ perSecond }) => perSecond)) / 2),
    );
  });
  bench.report("Latency at half of the maximum, open loop");
  const results = contenders.map((): OpenLoop[] => []);
  for (let round = 0; round < plan.openRounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const rate = rates[index]!;
      const { run, result } = await runAlerts(bench, contender, {
        connections: CONNECTIONS,
        windowMs: plan.openMs,
        rate,
      });
      const failures = Object.values(run.others).reduce((a, b) => a + b, 0);
      results[index]!.push({
        contender: contender.name,
        rate,
        ...run.latency,
        failures: failures + run.unanswered,
        lateness: result.lateness!.p99,
      });
    }
  }
  return results.map((runs) => {
    const of = (figure: (run: OpenLoop) => number) => median(runs.map(figure));
    return {
      contender: runs[0]!.contender,
      rate: runs[0]!.rate,
      p50: of(({ p50 }) => p50),
      p95: of(({ p95 }) => p95),
      p99: of(({ p99 }) => p99),
      max: Math.max(...runs.map(({ max }) => max)),
      failures: runs.reduce((sum, run) => sum + run.failures, 0),
      lateness: of(({ lateness }) => lateness),
    };
  });
}
