/** One run: load on a contender, and what it took. */
import { Failure } from "../../cli/failure.ts";
import {
  alertBody,
  type Contender,
  STRATEGIES,
} from "../contenders/contender.ts";
import type { BenchStack, Ours } from "../contenders/bench_stack.ts";
import type { Generator } from "../load/generator.ts";
import type { Job } from "../load/job.ts";
import type { Latency, LoadResult } from "../load/tally.ts";
import {
  type CpuTimes,
  cpuTimes,
  type Part,
  PARTS,
} from "../processes/usage.ts";
import type { Plan } from "./plan.ts";

/** All that a measure works with. */
export interface Bench {
  plan: Plan;
  generator: Generator;
  stack: BenchStack;
  ours: Ours;
  rival: Contender;
  /** Reports progress; throws if the benchmark is to end. */
  report(step: string): void;
  signal: AbortSignal;
}

export interface Run {
  /** Accepted alerts a second. */
  perSecond: number;
  latency: Latency;
  /** CPU time per answer, in milliseconds. */
  cpu: CpuTimes;
  /** Answers other than the expected one, by outcome. */
  others: Record<string, number>;
  unanswered: number;
}

export type LoadOptions = Pick<Job, "connections"> & Partial<Job> & {
  /** Strategies that alerts go to, in turn. */
  strategies?: number;
  /** Keep what is stored already. */
  keep?: boolean;
};

const ACCEPTED = "202 accepted";

/** Runs alerts; throws if one that was accepted is not stored. */
export async function runAlerts(
  { plan, generator, signal }: Bench,
  contender: Contender,
  options: LoadOptions,
): Promise<{ run: Run; result: LoadResult }> {
  const { strategies = STRATEGIES, keep = false, ...job } = options;
  const { store, address, path, headers } = contender;
  signal.throwIfAborted();
  if (!keep) await store.reset();
  const before = keep ? (await store.count()).signals : 0;
  const cpuBefore = cpuTimes(Deno.pid);
  const result = await generator.run({
    address,
    requests: Array.from({ length: strategies }, (_, strategy) => ({
      path: path(strategy),
      headers,
      body: alertBody(strategy),
    })),
    warmMs: plan.warmMs,
    windowMs: plan.windowMs,
    ...job,
  });
  const cpu = since(cpuBefore, sumOf(result.all));
  const stored = (await store.count()).signals - before;
  const accepted = result.all[ACCEPTED] ?? 0;
  if (stored < accepted) {
    throw new Failure(
      `${contender.name} lost alerts: accepted ${accepted}, stored ${stored}`,
    );
  }
  return { result, run: summarize(result, cpu) };
}

function summarize(result: LoadResult, cpu: CpuTimes): Run {
  const { [ACCEPTED]: accepted = 0, ...others } = result.window;
  return {
    perSecond: accepted / result.seconds,
    latency: result.latency,
    cpu,
    others,
    unanswered: result.unanswered,
  };
}

/** Returns the CPU time of each part since `before`, per answer. */
export function since(before: CpuTimes, answers: number): CpuTimes {
  const now = cpuTimes(Deno.pid);
  const each = PARTS.map((part: Part) => [
    part,
    answers ? Math.max(0, now[part] - before[part]) / answers : 0,
  ]);
  return Object.fromEntries(each) as CpuTimes;
}

export function sumOf(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
