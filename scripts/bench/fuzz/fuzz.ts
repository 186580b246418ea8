/**
 * Sends mutated requests to a stack of its own, over HTTP on this machine, and reports what came of it:
 * `deno run -A scripts/bench/fuzz/fuzz.ts [count] [seed]` (100,000 take about ten minutes on two cores).
 * The goals: no answer of 500 or above, a function that grows by at most 64 MB, and neighbours whose p99 stays
 * within twice of what it is without the hostile sender.
 */
import { registerStrategy } from "../../../supabase/functions/_shared/provision_api/calls.ts";
import { openProvision } from "../../../supabase/functions/_shared/provision_api/client.ts";
import { print } from "../../cli/print.ts";
import { runCommand } from "../../cli/run_command.ts";
import { runUntilStopped } from "../../local/host/stopping.ts";
import { startTemporaryStack } from "../../local/temporary.ts";
import { percentile } from "../load/statistics.ts";
import { descendantsOf, memoryOf } from "../processes/usage.ts";
import { mutatedRequest, type Origin, randomFrom } from "./requests.ts";

/** Rounds in which a neighbour is measured without the hostile sender, then beside it. */
const ROUNDS = 10;
const SAMPLES = 100;
const PAUSE_MS = 10;
/** Senders at once, after the rounds. */
const WIDTH = 8;
/** Until the code is compiled and the caches are full. */
const WARM_UP = 5000;
const MAX_GROWTH_MB = 64;
const MAX_RATIO = 2;

type Project = Parameters<typeof openProvision>[0];

/** The hostile sender, and what it was answered. */
interface Hostile {
  origin: Origin;
  random: () => number;
  left: number;
  statuses: Map<number, number>;
  /** Requests whose answer was 500 or above. */
  broken: string[];
}

interface Findings extends Pick<Hostile, "statuses" | "broken"> {
  seconds: number;
  growth: number;
  /** Milliseconds that a neighbour waited, without the hostile sender and beside it. */
  alone: number[];
  beside: number[];
}

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number> {
  const [count = 100_000, seed = 1] = args.map(Number);
  const findings = await runUntilStopped(async (signal) => {
    const stack = await startTemporaryStack({ signal });
    try {
      const functionsUrl = `${stack.apiUrl}/functions/v1`;
      const project = { functionsUrl, secretKey: stack.secretKey };
      return await fuzz(project, count, seed, signal);
    } finally {
      await stack.close();
    }
  });
  return findings && report(findings) ? 0 : 1;
}

async function fuzz(
  project: Project,
  count: number,
  seed: number,
  signal: AbortSignal,
): Promise<Findings> {
  const startedAt = performance.now();
  const random = randomFrom(seed);
  const origin = await registerVictims(project);
  const neighbour = await register(project, {});
  const hostile: Hostile = {
    origin,
    random,
    left: Math.min(WARM_UP, count),
    statuses: new Map(),
    broken: [],
  };
  await sendAll(hostile, WIDTH, signal);
  const before = memoryOfFunction();
  hostile.left = Math.max(0, count - WARM_UP);
  const alone: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(...await waits(neighbour.url));
    const measured = new AbortController();
    const either = AbortSignal.any([signal, measured.signal]);
    const [more] = await Promise.all([
      waits(neighbour.url).finally(() => measured.abort()),
      sendAll(hostile, 1, either),
    ]);
    beside.push(...more);
  }
  await sendAll(hostile, WIDTH, signal);
  const growth = memoryOfFunction() - before;
  const seconds = (performance.now() - startedAt) / 1000;
  return { ...hostile, seconds, growth, alone, beside };
}

async function register(
  project: Project,
  settings: Record<string, unknown>,
): Promise<{ url: string; universal: string }> {
  const { kit: { urls } } = await registerStrategy(
    openProvision(project),
    {
      name: `Fuzz ${crypto.randomUUID()}`,
      "rate_limit_per_minute": null,
      ...settings,
    },
  );
  return { url: urls.dedicated, universal: urls.universal };
}

/** Registers the strategies that hostile requests go to: a plain one, and one whose payloads have a schema. */
async function registerVictims(project: Project): Promise<Origin> {
  const plain = await register(project, {});
  const strict = await register(project, {
    "payload_schema": {
      properties: {
        link: { format: "url" },
        tags: { uniqueItems: true, items: { pattern: "^[a-z]+$" } },
        legs: { items: { anyOf: [{ type: "object" }, { type: "null" }] } },
      },
    },
  });
  return { urls: [plain.url, strict.url, plain.universal] };
}

/** Sends what is left, so many at once, until it is done or stopped. */
async function sendAll(
  hostile: Hostile,
  width: number,
  signal: AbortSignal,
): Promise<void> {
  const sender = async () => {
    while (!signal.aborted && hostile.left-- > 0) await sendOne(hostile);
  };
  await Promise.all(Array.from({ length: width }, sender));
}

async function sendOne({ origin, random, statuses, broken }: Hostile) {
  const { url, ...init } = mutatedRequest(origin, random);
  const response = await fetch(url, init);
  const text = await response.text();
  const { status } = response;
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  if (status < 500) return;
  const sent = new TextDecoder("latin1").decode(init.body.slice(0, 200));
  broken.push(`${status} ${text} for ${JSON.stringify([url, sent])}`);
}

/** Returns the milliseconds that each of some good alerts waited. */
async function waits(url: string): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < SAMPLES; n++) {
    const body = `{"signal":"BUY","id":"${crypto.randomUUID()}"}`;
    const startedAt = performance.now();
    const response = await fetch(url, { method: "POST", body });
    await response.body?.cancel();
    if (response.status !== 202) {
      throw new Error(`A neighbour's alert was answered ${response.status}`);
    }
    times.push(performance.now() - startedAt);
    await new Promise((wake) => setTimeout(wake, PAUSE_MS));
  }
  return times;
}

/** Returns the resident megabytes of the stack's webhook function. */
function memoryOfFunction(): number {
  return descendantsOf(Deno.pid, "function")
    .reduce((sum, pid) => sum + (memoryOf(pid)?.now ?? 0), 0);
}

/** Prints what was found, and returns whether the goals are met. */
function report(
  { statuses, broken, seconds, growth, alone, beside }: Findings,
): boolean {
  const before = percentile(alone, 0.99);
  const after = percentile(beside, 0.99);
  const ratio = after / before;
  const count = [...statuses.values()].reduce((sum, n) => sum + n, 0);
  const answered = [...statuses].sort(([a], [b]) => a - b)
    .map(([status, n]) => `${n} × ${status}`);
  print([
    `${count} mutated requests in ${seconds.toFixed(0)} s, answered ${
      answered.join(", ")
    }`,
    ...broken.slice(0, 10),
    `the function grew by ${growth.toFixed(1)} MB`,
    `a neighbour's p99: ${before.toFixed(1)} ms alone, ${
      after.toFixed(1)
    } ms beside the hostile sender (${ratio.toFixed(2)}×)`,
  ].join("\n"));
  return broken.length === 0 && growth <= MAX_GROWTH_MB && ratio <= MAX_RATIO;
}
