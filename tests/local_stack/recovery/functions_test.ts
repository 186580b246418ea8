/** A function's isolates on the local stack, one after the other: who follows whom, and how soon. */
import assert from "node:assert/strict";
import { print } from "../../../scripts/cli/print.ts";
import type { Limits } from "../../../scripts/local/edge_runtime/limits.ts";
import { superviseFunctions } from "../../../scripts/local/edge_runtime/supervisor.ts";
import { startGateway } from "../../../scripts/local/platform/gateway.ts";
import { until } from "../../support/project.ts";
import { PROJECT } from "../project.ts";

const { functionsDir } = PROJECT;

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

/** The function behind the gateway, as `deno task start` runs it. */
async function startBehindGateway(
  limits: Limits = {},
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

/** Kills the isolate that answers, and returns the milliseconds until another one does. */
async function killOnce(url: string): Promise<number> {
  const pid = await (await fetch(`${url}/pid`)).json();
  Deno.kill(pid, "SIGKILL");
  const since = performance.now();
  await until(async () => {
    const response = await fetch(`${url}/pid`);
    const answer = await response.json();
    return response.ok && answer !== pid;
  }, "another isolate");
  return performance.now() - since;
}

Deno.test("a function is back within a second, however often it is killed", async () => {
  await using busy = await startBehindGateway();
  const times: number[] = [];
  for (let n = 0; n < 7; n++) times.push(await killOnce(busy.url));
  const worst = Math.round(Math.max(...times));
  print(`Back after ${worst} ms at most`);
  // Three times that, for a busy machine.
  assert(worst <= 3000, `${times.map(Math.round)}`);
});

Deno.test("a request that ends with its function is told when to come again", async () => {
  await using busy = await startBehindGateway({ cpuMs: 400 });
  const { status, headers, body } = await fetch(`${busy.url}/spin`);
  await body?.cancel();
  assert.deepEqual([status, headers.get("retry-after")], [503, "1"]);
});

/** Starts a function that ends by itself, and returns when it has done so several times. */
async function endings(count: number): Promise<void> {
  const enough = Promise.withResolvers<void>();
  const functions = superviseFunctions(["busy"], {
    functionsDir,
    env: { "ENDS_BY_ITSELF": "yes" },
    onLine: (_, line) => {
      if (line === "ended; starting again" && --count === 0) enough.resolve();
    },
  });
  await enough.promise;
  await functions.close();
}

Deno.test("a function that ends as soon as it runs is started ever more rarely", async () => {
  const since = performance.now();
  await endings(5);
  // The pauses between five: 0.2, 0.4, 0.8 and 1.6 s.
  const elapsed = performance.now() - since;
  assert(elapsed >= 3000, `${elapsed} ms`);
});

Deno.test("a function that is killed as soon as it runs starts no more often than every 0.6 s", async () => {
  await using busy = await startBehindGateway();
  const since = performance.now();
  for (let n = 0; n < 3; n++) await killOnce(busy.url);
  const elapsed = performance.now() - since;
  assert(elapsed >= 2 * 600, `${elapsed} ms`);
});
