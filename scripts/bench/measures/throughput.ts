/** Accepted alerts a second: contenders in turn, so that a busy moment of the machine affects all alike. */
import type { Contender } from "../contenders/contender.ts";
import { fillWithHistory } from "../contenders/our_store.ts";
import { startBenchStack } from "../contenders/bench_stack.ts";
import { checkContract } from "../contenders/contract.ts";
import { median, type Ratio, ratioOfPairs } from "../load/statistics.ts";
import { type CpuTimes, PARTS } from "../processes/usage.ts";
import {
  type Bench,
  type LoadOptions,
  type Run,
  runAlerts,
} from "../runs/run.ts";

/** The runs of one contender under one load: the median of each figure. */
export interface Series {
  contender: string;
  connections: number;
  perSecond: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
  cpu: CpuTimes;
  /** Answers other than accepted and requests without one, in all runs. */
  failures: number;
}

/** A ratio of accepted alerts a second, or of latencies. */
export interface NamedRatio extends Ratio {
  name: string;
  connections: number;
}

export interface Throughput {
  series: Series[];
  ratios: NamedRatio[];
}

/** Number of connections at which the ratios are compared. */
export const USUAL_CONNECTIONS = 32;
/** Settings of strategies under load. */
export const UNLIMITED = { "rate_limit_per_minute": null };

type Turn = [
  name: string,
  contender: Contender,
  options?: Partial<LoadOptions>,
];

/** Runs each in every round, and in every round another one first. */
async function takeTurns(
  bench: Bench,
  turns: Turn[],
  connections: number,
): Promise<Map<string, Run[]>> {
  const runs = new Map(turns.map(([name]): [string, Run[]] => [name, []]));
  for (let round = 0; round < bench.plan.rounds; round++) {
    const first = round % turns.length;
    const order = [...turns.slice(first), ...turns.slice(0, first)];
    for (const [name, contender, options] of order) {
      const { run } = await runAlerts(bench, contender, {
        connections,
        ...options,
      });
      runs.get(name)!.push(run);
    }
  }
  return runs;
}

export async function measureThroughput(bench: Bench): Promise<Throughput> {
  const { gateway, direct } = bench.ours;
  const series: Series[] = [];
  const ratios: NamedRatio[] = [];
  for (const connections of bench.plan.connections) {
    bench.report(`Alerts over ${connections} connections`);
    const runs = await takeTurns(bench, [
      ["fastify", bench.rival],
      ["gateway", gateway],
      ["direct", direct],
    ], connections);
    for (const [name, some] of runs) {
      series.push(seriesOf(name, connections, some));
      if (name === "fastify") continue;
      const compare = (what: string, figure: (run: Run) => number) =>
        ratios.push({
          name: `${name} / fastify${what}`,
          connections,
          ...ratioOfPairs(some.map(figure), runs.get("fastify")!.map(figure)),
        });
      compare("", ({ perSecond }) => perSecond);
      if (connections === 1) compare(", p50", ({ latency }) => latency.p50);
    }
  }
  return { series, ratios };
}

/** Measures the same against the same, one hot strategy against many, and history against none. */
export async function measureVariants(bench: Bench): Promise<Throughput> {
  const { direct } = bench.ours;
  bench.report("The noise floor: Fastify against itself");
  const same = await takeTurns(bench, [
    ["fastify", bench.rival],
    ["fastify again", bench.rival],
  ], USUAL_CONNECTIONS);
  bench.report("One hot strategy against twenty");
  const hot = await takeTurns(bench, [
    ["uniform", direct],
    ["hot", direct, { strategies: 1 }],
  ], USUAL_CONNECTIONS);
  const { history } = bench.plan;
  bench.report(`${history} signals and requests in the database against none`);
  await using old = await startBenchStack();
  const aged = (await old.contenders(UNLIMITED)).direct;
  await checkContract(aged);
  await fillWithHistory(old.sql, history);
  const age = await takeTurns(bench, [
    ["fresh", direct],
    ["with history", aged, { keep: true }],
  ], USUAL_CONNECTIONS);
  return joinAll([same, hot, age]);
}

/** Compares the second of each set with the first. */
function joinAll(sets: Map<string, Run[]>[]): Throughput {
  const connections = USUAL_CONNECTIONS;
  return {
    series: sets.flatMap((runs) =>
      [...runs].map(([name, some]) => seriesOf(name, connections, some))
    ),
    ratios: sets.map((runs) => {
      const [[one, first], [other, second]] = [...runs] as [
        [string, Run[]],
        [string, Run[]],
      ];
      const rates = (some: Run[]) => some.map(({ perSecond }) => perSecond);
      const ratio = ratioOfPairs(rates(second), rates(first));
      return { name: `${other} / ${one}`, connections, ...ratio };
    }),
  };
}

export function seriesOf(
  contender: string,
  connections: number,
  runs: Run[],
): Series {
  const of = (figure: (run: Run) => number) => median(runs.map(figure));
  return {
    contender,
    connections,
    perSecond: of(({ perSecond }) => perSecond),
    p50: of(({ latency }) => latency.p50),
    p95: of(({ latency }) => latency.p95),
    p99: of(({ latency }) => latency.p99),
    max: Math.max(...runs.map(({ latency }) => latency.max)),
    cpu: Object.fromEntries(
      PARTS.map((part) => [part, of(({ cpu }) => cpu[part])]),
    ) as CpuTimes,
    failures: runs.reduce(
      (sum, { others, unanswered }) =>
        sum + unanswered + Object.values(others).reduce((a, b) => a + b, 0),
      0,
    ),
  };
}
