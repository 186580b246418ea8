/** Cold start: from the start of a function's process to its first answer. */
import { Failure } from "../../cli/failure.ts";
import { alertBody } from "../contenders/contender.ts";
import { processTime } from "../processes/usage.ts";
import { median, percentile } from "../load/statistics.ts";
import type { Bench } from "../runs/run.ts";

export interface ColdStart {
  name: string;
  starts: number;
  /** Status of the first answer. */
  status: number;
  p50: number;
  p95: number;
  /** CPU time until it listens, in milliseconds; null where the system does not tell. */
  bootCpu: number | null;
}

interface Start {
  ms: number;
  status: number;
  bootCpu: number | undefined;
}

/** Without these `telegram` says that it is not set up. */
const BOT = {
  "TELEGRAM_BOT_TOKEN": "1:bench",
  "TELEGRAM_WEBHOOK_SECRET": "bench",
  "TELEGRAM_ADMIN_IDS": "1",
};

export async function measureColdStarts(bench: Bench): Promise<ColdStart[]> {
  const { plan, report, ours, stack, signal } = bench;
  report(`${plan.coldStarts} cold starts of each function`);
  const { secretKey } = stack.address;
  const headers = { apikey: secretKey, "content-type": "application/json" };
  const requests: [name: string, path: string, init: () => RequestInit][] = [
    ["webhook", ours.direct.path(0), () => ({
      method: "POST",
      headers: ours.direct.headers,
      body: alertBody(0).replace("{n}", crypto.randomUUID()),
    })],
    ["provision", "/provision/health", () => ({})],
    ["dispatch", "/dispatch", () => ({ method: "POST", headers, body: "{}" })],
    ["telegram", "/telegram", () => ({ method: "POST", headers, body: "{}" })],
  ];
  const starts = requests.map((): Start[] => []);
  for (let turn = 0; turn < plan.coldStarts; turn++) {
    signal.throwIfAborted();
    for (const [index, [name, path, init]] of requests.entries()) {
      starts[index]!.push(await startOnce(bench, name, path, init()));
    }
  }
  return requests.map(([name], index) => summarize(name, starts[index]!));
}

async function startOnce(
  { stack }: Bench,
  name: string,
  path: string,
  init: RequestInit,
): Promise<Start> {
  const startedAt = performance.now();
  const isolate = await stack.startIsolate(name, BOT);
  const bootCpu = processTime(isolate.pid);
  try {
    const response = await fetch(`${isolate.url}${path}`, init);
    await response.body?.cancel();
    const ms = performance.now() - startedAt;
    return { ms, status: response.status, bootCpu };
  } finally {
    await isolate.close();
  }
}

function summarize(name: string, starts: Start[]): ColdStart {
  const status = starts[0]!.status;
  if (starts.some((start) => start.status !== status) || status >= 500) {
    throw new Failure(
      `Cannot time ${name}: it answered ${starts.map((start) => start.status)}`,
    );
  }
  const times = starts.map(({ ms }) => ms);
  const boots = starts.flatMap(({ bootCpu }) => bootCpu ?? []);
  return {
    name,
    starts: starts.length,
    status,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    bootCpu: boots.length ? median(boots) : null,
  };
}
