/** Shows contenders and their runs. */
import type { Latency } from "../load/tally.ts";
import type { Series } from "../measures/throughput.ts";
import { formatMs, formatNumber, formatTable } from "./table.ts";

/** Names of the contenders for people. */
export const NAMES: Record<string, string> = {
  fastify: "Fastify + pg",
  gateway: "ours, through the gateway",
  direct: "ours, at the function's port",
};

export function nameOf(contender: string): string {
  return NAMES[contender] ?? contender;
}

export function seriesTable(series: Series[]): string {
  return formatTable(
    [
      "connections",
      "contender",
      "alerts/s",
      "p50",
      "p95",
      "p99",
      "CPU function",
      "gateway, RPC",
      "Postgres",
      "rival",
      "failures",
    ],
    series.map(({ contender, connections, perSecond, cpu, ...rest }) => [
      String(connections),
      nameOf(contender),
      formatNumber(perSecond),
      ...latencies(rest),
      ...[cpu.function, cpu.platform, cpu.postgres, cpu.rival]
        .map((ms) => ms < 0.005 ? "–" : `${ms.toFixed(2)} ms`),
      String(rest.failures),
    ]),
  );
}

export function latencies({ p50, p95, p99 }: Omit<Latency, "max">): string[] {
  return [p50, p95, p99].map(formatMs);
}
