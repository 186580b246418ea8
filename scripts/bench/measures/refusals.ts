/** Wrong tokens: how many are refused a second, and how often the catalog is read for them. */
import type { Sql } from "postgres";
import { STRATEGIES } from "../contenders/contender.ts";
import { type CpuTimes, cpuTimes } from "../processes/usage.ts";
import { type Bench, since, sumOf } from "../runs/run.ts";

export interface Refusals {
  contender: string;
  connections: number;
  perSecond: number;
  p50: number;
  p99: number;
  catalogReadsPerSecond: number;
  cpu: CpuTimes;
  /** Answers other than 401, and requests without one. */
  failures: number;
}

export async function measureRefusals(bench: Bench): Promise<Refusals[]> {
  const { plan, ours, generator, stack } = bench;
  const figures: Refusals[] = [];
  for (const connections of plan.floods) {
    for (const contender of [ours.gateway, ours.direct]) {
      bench.report(
        `Wrong tokens over ${connections} connections, ${contender.name}`,
      );
      // As long as a real one; no two are the same.
      const token = `${"A".repeat(31)}{n}`;
      const before = cpuTimes(Deno.pid);
      const readsBefore = await countCatalogReads(stack.sql);
      const startedAt = performance.now();
      const { all, window, seconds, unanswered, latency } = await generator
        .run({
          address: contender.address,
          requests: Array.from({ length: STRATEGIES }, (_, strategy) => ({
            path: contender.path(strategy, token),
            headers: contender.headers,
            body: '{"signal":"BUY"}',
          })),
          connections,
          warmMs: plan.warmMs,
          windowMs: plan.floodMs,
        });
      const reads = await countCatalogReads(stack.sql) - readsBefore;
      const { "401 not_authorized": refused = 0, ...others } = window;
      figures.push({
        contender: contender.name,
        connections,
        perSecond: refused / seconds,
        p50: latency.p50,
        p99: latency.p99,
        // So many intervals between reads.
        catalogReadsPerSecond: Math.max(0, reads - 1) * 1000 /
          (performance.now() - startedAt),
        cpu: since(before, sumOf(all)),
        failures: sumOf(others) + unanswered,
      });
    }
  }
  return figures;
}

async function countCatalogReads(sql: Sql): Promise<number> {
  const [row] = await sql`
    select coalesce(sum(calls), 0)::int as reads from extensions.pg_stat_statements
    where query ilike '%read_catalog%' and query not ilike '%pg_stat_statements%'`;
  return row!.reads;
}
