/**
 * Measures what workers cost that wait, and how soon they get a signal, on a stack of its own:
 * `deno run -A scripts/bench/waiting_workers.ts [workers] [seconds] [signals]`. The goals are less than 5 % of one core
 * in functions and database for 50 workers, and 95 of 100 signals within 1.2 s.
 */
import { z } from "zod";
import { registerStrategy } from "../../supabase/functions/_shared/provision_api/calls.ts";
import { workerKeyAnswerSchema } from "../../supabase/functions/_shared/worker_api/workers.ts";
import { openProvision, request } from "../cli/project.ts";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import type { Stack } from "../local/stack.ts";
import { startTemporaryStack } from "../local/temporary.ts";
import { cpuTimes, processesBelow, processTime } from "./processes/usage.ts";

const WAIT_SECONDS = 25;
const SETTLE_MS = 5000;
const FUNCTIONS = /isolate_main\.ts/;

const claimedSchema = z.object({
  signals: z.array(z.looseObject({
    queue: z.string(),
    message_id: z.number(),
    receipt: z.number(),
  })),
});

interface Waiting {
  url: string;
  key: string;
  /** Called with the time at which a signal came. */
  onSignal(at: number): void;
}

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

async function setUp(stack: Stack, count: number): Promise<Waiting[]> {
  const project = { url: stack.apiUrl, secretKey: stack.secretKey };
  const provision = openProvision(project);
  const waiting: Waiting[] = [];
  for (let n = 0; n < count; n++) {
    const { kit } = await registerStrategy(provision, { name: `Waits ${n}` });
    const { body } = await provision.call(workerKeyAnswerSchema, "/workers", {
      method: "POST",
      body: { name: `w${n}`, queues: [kit.strategy.slug] },
    });
    const url = kit.urls.dedicated;
    waiting.push({ url, key: body.key, onSignal: () => {} });
  }
  return waiting;
}

/** Claims and completes, again and again, until it is told to stop. */
async function work(
  stack: Stack,
  waiting: Waiting,
  stop: AbortSignal,
): Promise<void> {
  const post = (name: string, body: unknown) =>
    request(`${stack.apiUrl}/functions/v1/worker/${name}`, {
      method: "POST",
      headers: { authorization: `Bearer ${waiting.key}` },
      body: JSON.stringify(body),
    });
  while (!stop.aborted) {
    const response = await post("claim", { wait_seconds: WAIT_SECONDS });
    const at = performance.now();
    const { signals } = claimedSchema.parse(await response.json());
    for (const { queue, message_id, receipt } of signals) {
      waiting.onSignal(at);
      const settled = await post("complete", { queue, message_id, receipt });
      await settled.body?.cancel();
    }
  }
}

/** Returns the share of one core that functions and database take in a while. */
async function loadOver(seconds: number): Promise<number> {
  const used = () =>
    cpuTimes(Deno.pid).postgres +
    processesBelow(Deno.pid)
      .filter(({ command }) => FUNCTIONS.test(command))
      .reduce((sum, { pid }) => sum + (processTime(pid) ?? 0), 0);
  const before = used();
  await pause(seconds * 1000);
  return (used() - before) / (seconds * 1000);
}

/** Returns the milliseconds from an alert's answer to its worker's. */
async function timeSignal(waiting: Waiting, n: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  waiting.onSignal = resolve;
  const response = await request(waiting.url, {
    method: "POST",
    body: JSON.stringify({ signal: "BUY", price: n + 0.5 }),
  });
  await response.body?.cancel();
  const answeredAt = performance.now();
  return await promise - answeredAt;
}

async function main(args: string[]): Promise<void> {
  const [count = 50, seconds = 60, signals = 200] = args.map(Number);
  const stack = await startTemporaryStack();
  const stop = new AbortController();
  try {
    const waiting = await setUp(stack, count);
    await pause(SETTLE_MS);
    const without = await loadOver(seconds);
    const workers = waiting.map((one) => work(stack, one, stop.signal));
    await pause(SETTLE_MS);
    const withThem = await loadOver(seconds);
    const times: number[] = [];
    for (let n = 0; n < signals; n++) {
      times.push(await timeSignal(waiting[n % count]!, n));
      // Not in step with the reading once a second.
      await pause(100 * Math.random());
    }
    times.sort((one, other) => one - other);
    const percent = (load: number) => `${(load * 100).toFixed(1)} %`;
    const at = (share: number) =>
      `${Math.round(times[Math.ceil(share * times.length) - 1]!)} ms`;
    print(`${count} workers, ${seconds} s each, ${signals} signals
functions and database without them:  ${percent(without)} of one core
with them:                            ${percent(withThem)}
the workers:                          ${percent(withThem - without)}
signal to worker, p50, p95, most:     ${at(0.5)}, ${at(0.95)}, ${at(1)}`);
    stop.abort();
    // Each ends with its last wait.
    await Promise.all(workers);
  } finally {
    await stack.close();
  }
}

if (import.meta.main) await runCommand(main);
