/** An isolate's life: how many alerts it takes until its CPU time is spent, and how much memory they cost. */
import type { Sql } from "postgres";
import type { Isolate } from "../../local/edge_runtime/isolate.ts";
import { cpuTimeOf } from "../../local/edge_runtime/cpu_time.ts";
import { type Contender } from "../contenders/contender.ts";
import type { LoadResult } from "../load/tally.ts";
import { memoryOf, processTime } from "../processes/usage.ts";
import { median } from "../load/statistics.ts";
import { type Bench, type LoadOptions, runAlerts, sumOf } from "../runs/run.ts";
import { USUAL_CONNECTIONS } from "./throughput.ts";

export interface IsolateLife {
  /** The CPU time that was to be spent, in milliseconds. */
  cpuMs: number;
  /** Alerts until then, by the CPU time of the whole process. */
  byProcess: number;
  /** Counted by the CPU time of the thread that runs the function's code, which is what the platform counts. */
  byThread: number;
}

export interface Endurance {
  requests: number;
  seconds: number;
  /** Memory of the function's process in MB: before, after, and the most that it ever had. */
  memory: { before: number; after: number; peak: number } | null;
  /** Growth of the database for each alert, queue and indexes included. */
  bytesPerAlert: number;
  /** Accepted alerts a second in the last ten seconds against the first ten. */
  lastToFirst: number | null;
}

/** Alerts between two looks at the CPU time. */
const STEP = 250;
const TEN = 10;

/** Uses fresh isolates: the first alerts, before the compiler has done its work, cost most. */
export async function measureIsolateLife(
  bench: Bench,
): Promise<IsolateLife | null> {
  const { plan, report, stack, ours } = bench;
  report(
    `Alerts until an isolate has used ${plan.isolateCpuMs} ms of CPU time`,
  );
  const lives: IsolateLife[] = [];
  for (let turn = 0; turn < plan.isolates; turn++) {
    const isolate = await stack.startIsolate("webhook");
    try {
      const life = await live(bench, isolate, at(ours.direct, isolate));
      if (life) lives.push(life);
    } finally {
      await isolate.close();
    }
  }
  if (!lives.length) return null;
  return {
    cpuMs: plan.isolateCpuMs,
    byProcess: median(lives.map(({ byProcess }) => byProcess)),
    byThread: median(lives.map(({ byThread }) => byThread)),
  };
}

async function live(
  bench: Bench,
  { pid }: Isolate,
  contender: Contender,
): Promise<IsolateLife | undefined> {
  const cpuMs = bench.plan.isolateCpuMs;
  // As on the platform, from when it listens.
  const processAt = processTime(pid);
  const threadAt = await cpuTimeOf(pid);
  if (processAt === undefined || threadAt === undefined) return undefined;
  let byProcess: number | undefined;
  let alerts = 0;
  await contender.store.reset();
  while (true) {
    const { result } = await runAlerts(bench, contender, {
      ...countOnly(Math.min(STEP, bench.plan.endurance)),
      keep: true,
    });
    alerts += sumOf(result.all);
    if (processTime(pid)! - processAt >= cpuMs) byProcess ??= alerts;
    if (await cpuTimeOf(pid).then((time) => time! - threadAt >= cpuMs)) {
      return { cpuMs, byProcess: byProcess ?? alerts, byThread: alerts };
    }
  }
}

/** Measures memory after many requests, and whether the rate holds while the last minute fills up. */
export async function measureEndurance(bench: Bench): Promise<Endurance> {
  const { plan, report, stack, ours } = bench;
  report(
    `${plan.endurance} alerts on end, at most ${plan.enduranceMs / 1000} s`,
  );
  const isolate = await stack.startIsolate("webhook");
  try {
    await ours.direct.store.reset();
    const bytesBefore = await sizeOf(stack.sql);
    const before = memoryOf(isolate.pid);
    const { result } = await runAlerts(bench, at(ours.direct, isolate), {
      connections: USUAL_CONNECTIONS,
      warmMs: 0,
      windowMs: plan.enduranceMs,
      count: plan.endurance,
      keep: true,
    });
    const after = memoryOf(isolate.pid);
    return {
      requests: sumOf(result.all),
      seconds: result.seconds,
      memory: before && after
        ? { before: before.now, after: after.now, peak: after.peak }
        : null,
      bytesPerAlert: (await sizeOf(stack.sql) - bytesBefore) /
        sumOf(result.all),
      lastToFirst: lastToFirst(result),
    };
  } finally {
    await isolate.close();
  }
}

async function sizeOf(sql: Sql): Promise<number> {
  const [row] = await sql`
    select pg_database_size(current_database())::float8 as bytes`;
  return row!.bytes;
}

/** Leaves out the first second, in which the isolate warms up, and the last, which is not whole. */
function lastToFirst({ perSecond }: LoadResult): number | null {
  const whole = perSecond.slice(1, -1);
  if (whole.length < 2 * TEN) return null;
  return median(whole.slice(-TEN)) / median(whole.slice(0, TEN));
}

function countOnly(count: number): LoadOptions {
  return { connections: 8, warmMs: 0, windowMs: 60_000, count };
}

/** Returns a contender at another isolate. */
function at(contender: Contender, isolate: Isolate): Contender {
  const { hostname, port } = new URL(isolate.url);
  return { ...contender, address: { hostname, port: Number(port) } };
}
