/** Starts the contenders, checks that each keeps the contract, and measures everything. */
import { Failure } from "../../cli/failure.ts";
import { type BenchStack, startBenchStack } from "../contenders/bench_stack.ts";
import { checkContract } from "../contenders/contract.ts";
import { startRival } from "../contenders/rival.ts";
import { startGenerator } from "../load/generator.ts";
import { type Burst, measureBurst } from "./burst.ts";
import { type Ceiling, measureCeiling } from "./ceiling.ts";
import { type ColdStart, measureColdStarts } from "./cold_start.ts";
import { measureGenerator } from "./generator_ceiling.ts";
import {
  type Endurance,
  type IsolateLife,
  measureEndurance,
  measureIsolateLife,
} from "./isolate_life.ts";
import { measureOpenLoop, type OpenLoop } from "./open_loop.ts";
import { type OtherOutput, runOthers } from "./others.ts";
import type { Plan } from "../runs/plan.ts";
import { measureRefusals, type Refusals } from "./refusals.ts";
import type { Bench } from "../runs/run.ts";
import {
  measureThroughput,
  measureVariants,
  type Throughput,
  UNLIMITED,
} from "./throughput.ts";

export interface Measured {
  /** The database's settings, which all contenders share. */
  postgres: Record<string, string>;
  /** Requests a second that the load generator reaches by itself. */
  generator: number;
  throughput: Throughput;
  openLoop: OpenLoop[];
  variants: Throughput;
  ceiling: Ceiling[];
  refusals: Refusals[];
  burst: Burst;
  coldStarts: ColdStart[];
  isolateLife: IsolateLife | null;
  endurance: Endurance;
  /** Printed by benchmarks of their own. */
  others: OtherOutput[];
}

const SETTINGS = [
  "server_version",
  "fsync",
  "synchronous_commit",
  "full_page_writes",
  "wal_level",
  "wal_sync_method",
  "commit_delay",
  "shared_buffers",
  "max_wal_size",
  "max_connections",
  "jit",
];

/** Measures; `signal` ends it between two runs. */
export async function measureAll(
  plan: Plan,
  onStep: (step: string) => void,
  signal: AbortSignal,
): Promise<Measured> {
  const report = (step: string) => {
    signal.throwIfAborted();
    onStep(step);
  };
  report("Starting our stack, the rival and the load generator");
  await using stack = await startBenchStack();
  await using rival = await startRival(stack.address.dbPort);
  await using generator = await startGenerator();
  const ours = await stack.contenders(UNLIMITED);
  const bench: Bench = {
    plan,
    generator,
    stack,
    ours,
    rival: rival.contender,
    report,
    signal,
  };
  report("Checking that each contender keeps the contract");
  for (const one of [rival.contender, ours.gateway, ours.direct]) {
    await checkContract(one);
  }
  const reached = await measureGenerator(bench);
  const throughput = await measureThroughput(bench);
  return {
    postgres: await readSettings(stack),
    generator: reached,
    throughput,
    openLoop: await measureOpenLoop(bench, throughput.series),
    variants: await measureVariants(bench),
    ceiling: await measureCeiling(bench),
    refusals: await measureRefusals(bench),
    isolateLife: await measureIsolateLife(bench),
    endurance: await measureEndurance(bench),
    coldStarts: await measureColdStarts(bench),
    burst: await measureBurst(bench),
    others: await runOthers(bench),
  };
}

async function readSettings(
  { sql }: BenchStack,
): Promise<Record<string, string>> {
  const rows = await sql<{ name: string; value: string }[]>`
    select name, current_setting(name) as value from unnest(string_to_array(${SETTINGS.join()}, ',')) as name`;
  const settings = Object.fromEntries(
    rows.map(({ name, value }) => [name, value]),
  );
  if (settings["fsync"] === "on" && settings["synchronous_commit"] === "on") {
    return settings;
  }
  throw new Failure(
    `Cannot compare what is not durable: ${JSON.stringify(settings)}`,
  );
}
