/** The life of an isolate on the local stack: its limits, and its end. */
import assert from "node:assert/strict";
import {
  type Isolate,
  startIsolate,
} from "../../scripts/local/edge_runtime/isolate.ts";
import type { Limits } from "../../scripts/local/edge_runtime/limits.ts";
import { PROJECT } from "./project.ts";

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
