/** The life of an isolate on the local stack: its limits, and its end. */
import assert from "node:assert/strict";
import {
  type Isolate,
  startIsolate,
} from "../../scripts/local/edge_runtime/isolate.ts";
import type { Limits } from "../../scripts/local/edge_runtime/limits.ts";
import { superviseFunctions } from "../../scripts/local/edge_runtime/supervisor.ts";
import { startGateway } from "../../scripts/local/platform/gateway.ts";
import { PROJECT } from "./project.ts";
import { until } from "../support/project.ts";

const { functionsDir } = PROJECT;

interface Busy extends AsyncDisposable {
  isolate: Isolate;
  /** Milliseconds since it listens. */
  age(): number;
  /** Lines that the supervisor and the function write. */
  lines: string[];
  /** The status; 0 if it ended under the request. */
  ask(path: string): Promise<number>;
}

async function startBusy(limits: Limits): Promise<Busy> {
  const lines: string[] = [];
  const isolate = await startIsolate("busy", {
    functionsDir,
    env: {},
    limits,
    onLine: (line) => lines.push(line),
  });
  const since = performance.now();
  return {
    isolate,
    age: () => performance.now() - since,
    lines,
    ask: (path) => statusOf(`${isolate.url}/busy${path}`),
    [Symbol.asyncDispose]: () => isolate.close(),
  };
}

async function statusOf(url: string): Promise<number> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

Deno.test("an isolate is retired at half its wall clock", async () => {
  await using busy = await startBusy({ wallClockMs: 1000 });
  assert.equal(await busy.isolate.retired, true);
  assert.ok(busy.age() >= 499, `${busy.age()} ms`);
});

Deno.test("a request that is under way at the end of the wall clock is cut", async () => {
  await using busy = await startBusy({ wallClockMs: 1000 });
  assert.equal(await busy.ask("/wait"), 0);
  await busy.isolate.ended;
  assert.ok(busy.age() >= 999, `${busy.age()} ms`);
  assert.deepEqual(busy.lines, [
    "retired: wall_clock",
    "beforeunload: wall_clock",
    "killed: wall_clock",
  ]);
});

Deno.test("background work that is under way at the end of the wall clock is cut", async () => {
  await using busy = await startBusy({ wallClockMs: 1000 });
  assert.equal(await busy.ask("/background"), 200);
  await busy.isolate.ended;
  assert.deepEqual(busy.lines.at(-1), "killed: wall_clock");
});

Deno.test("a retired isolate ends early, once its background work is done", async () => {
  await using busy = await startBusy({ wallClockMs: 10_000 });
  assert.equal(await busy.ask("/background?ms=5200"), 200);
  const asked = busy.age();
  await busy.isolate.ended;
  assert.ok(busy.age() - asked >= 5200, `${busy.age()} ms`);
  assert.deepEqual(busy.lines, [
    "retired: wall_clock",
    "beforeunload: early_drop",
  ]);
});

Deno.test("a loop that lets nothing else run is killed at the CPU limit", async () => {
  await using busy = await startBusy({ cpuMs: 400 });
  assert.equal(await busy.ask("/spin"), 0);
  await busy.isolate.ended;
  assert.deepEqual(busy.lines, ["retired: cpu", "killed: cpu"]);
});

Deno.test("CPU time adds up over an isolate's requests", async () => {
  await using busy = await startBusy({ cpuMs: 1000 });
  // Its last word, or its end.
  while (!/beforeunload|killed/.test(busy.lines.at(-1) ?? "")) {
    await busy.ask("/spin?ms=10");
  }
  await busy.isolate.ended;
  assert.deepEqual(busy.lines, [
    "retired: cpu",
    "beforeunload: cpu",
    "beforeunload: early_drop",
  ]);
});

Deno.test("waiting costs no CPU time", async () => {
  await using busy = await startBusy({ cpuMs: 400 });
  assert.equal(await busy.ask("/wait?ms=1000"), 200);
  assert.deepEqual(busy.lines, []);
});

Deno.test("an isolate whose heap is full dies", async () => {
  await using busy = await startBusy({ memoryMb: 64 });
  assert.equal(await busy.ask("/grow"), 0);
  assert.equal(await busy.isolate.retired, false);
  assert.match(busy.lines.join("\n"), /out of memory/);
});

Deno.test("an isolate's heap is bounded where no limit is set", async () => {
  await using busy = await startBusy({});
  assert.equal(await busy.ask("/grow"), 0);
});

/** The function behind the gateway, as `deno task start` runs it. */
async function startBehindGateway(
  limits: Limits,
): Promise<{ url: string } & AsyncDisposable> {
  const functions = superviseFunctions(["busy"], {
    functionsDir,
    env: {},
    limits,
    onLine: () => {},
  });
  await functions.ready;
  const gateway = startGateway(0);
  gateway.open({
    functions: functions.names,
    urlOf: functions.urlOf,
    rejectionReason: () => Promise.resolve(undefined),
    rest: () => Promise.resolve(new Response(null, { status: 404 })),
    jwks: { keys: [] },
  });
  return {
    url: `http://127.0.0.1:${gateway.port}/functions/v1/busy`,
    [Symbol.asyncDispose]: async () => {
      await gateway.close();
      await functions.close();
    },
  };
}

Deno.test("a function answers every request over the lives of its isolates", async () => {
  await using busy = await startBehindGateway({ wallClockMs: 2000 });
  const statuses = new Set<number>();
  const isolates = new Set<string>();
  const ask = async () => {
    const response = await fetch(busy.url);
    statuses.add(response.status);
    isolates.add(await response.text());
  };
  const askOn = () =>
    until(async () => {
      await ask();
      return isolates.size === 4;
    }, "a fourth isolate");
  await Promise.all([askOn(), askOn(), askOn()]);
  assert.deepEqual([...statuses], [200]);
});

Deno.test("a request that is under way when its isolate is retired is finished", async () => {
  await using busy = await startBehindGateway({ wallClockMs: 2000 });
  const first = await (await fetch(busy.url)).text();
  const slow = fetch(`${busy.url}/wait?ms=1400`);
  await until(
    async () => await (await fetch(busy.url)).text() !== first,
    "a fresh isolate",
  );
  assert.equal(await (await slow).text(), first);
});

Deno.test("after a loop without end the next request is served by a fresh isolate", async () => {
  await using busy = await startBehindGateway({ cpuMs: 400 });
  assert.equal(await statusOf(`${busy.url}/spin`), 503);
  assert.equal(await statusOf(busy.url), 200);
});
