/** Examples of workers and their books: what they trade, what they reject, and how long they hold a signal. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_DIR } from "../../scripts/cli/paths.ts";
import { startApiProxy } from "../support/isolate.ts";
import { API_URL, send } from "../support/project.ts";
import { withWorker } from "../worker/worker.ts";
import { install, type Program, PROGRAMS, untilSettled } from "./programs.ts";

const HERE = PROGRAMS.filter(({ isHere }) => isHere);

/** What a strategy sends of one symbol before its worker looks, and what is open in the end. */
const CASES: Record<string, { alerts: unknown[]; open: number }> = {
  "a close whose entry it cancelled": {
    alerts: [{ action: "enter_long", quantity: 2 }, { action: "exit_long" }],
    open: 0,
  },
  "a close of nothing": { alerts: [{ action: "exit_short" }], open: 0 },
  "a close of what a reversal opened": {
    alerts: [
      {
        action: "buy",
        quantity: 2,
        market_position: "long",
        prev_market_position: "short",
      },
      { action: "exit_long" },
    ],
    open: 0,
  },
  "a reduction of the other side": {
    alerts: [
      { action: "enter_long", quantity: 2 },
      { action: "exit_short", sentiment: "short", quantity: 1 },
    ],
    open: 2,
  },
  "a reduction": {
    alerts: [
      { action: "enter_short", quantity: 3 },
      { action: "exit_short", sentiment: "short", quantity: 1 },
    ],
    open: -2,
  },
  "a reduction of more than is open": {
    alerts: [
      { action: "enter_long", quantity: 2 },
      { action: "exit_long", sentiment: "long", quantity: 5 },
    ],
    open: 0,
  },
  "a reversal": {
    alerts: [
      { action: "enter_long", quantity: 1 },
      {
        action: "sell",
        quantity: 3,
        market_position: "short",
        prev_market_position: "long",
      },
    ],
    open: -2,
  },
  "an alert that says nothing of the position": {
    alerts: [{ action: "sell", quantity: 2 }],
    open: -2,
  },
};

for (const program of PROGRAMS) {
  Deno.test({
    name: `the example for ${program.name} never closes more than is open`,
    ignore: !program.isHere,
    fn: async () => {
      const { kit, key, queue } = await withWorker();
      const cases = Object.entries(CASES);
      for (const [place, [, { alerts }]] of cases.entries()) {
        for (const alert of alerts as object[]) {
          await send(
            kit.urls.dedicated,
            JSON.stringify({ symbol: `S${place}`, ...alert }),
          );
        }
      }
      await using example = await start(program, key);
      const count = cases.flatMap(([, { alerts }]) => alerts).length;
      await untilSettled(queue, count);
      const open = new Map(
        example.orders().map((
          { account, position },
        ) => [account.split(" ")[1]!, position]),
      );
      assert.deepEqual(
        Object.fromEntries(
          cases.map(([name], place) => [name, open.get(`S${place}`)]),
        ),
        Object.fromEntries(cases.map(([name, { open }]) => [name, open])),
      );
    },
  });

  Deno.test({
    name:
      `the example for ${program.name} rejects what it cannot execute, and completes what asks for nothing`,
    ignore: !program.isHere,
    fn: async () => {
      const { kit, key, queue } = await withWorker();
      for (
        const alert of [
          { action: "buy", symbol: "A" },
          { action: "buy", quantity: 1 },
          { action: "hold", symbol: "A" },
        ]
      ) await send(kit.urls.dedicated, JSON.stringify(alert));
      await using _ = await start(program, key);
      const outcomes = await untilSettled(queue, 3);
      assert.deepEqual(
        outcomes.map(({ outcome, error }) => `${outcome}: ${error}`).sort(),
        [
          "completed: null",
          "rejected: It names no quantity: set DEFAULT_QUANTITY",
          "rejected: The signal names no symbol",
        ],
      );
    },
  });

  Deno.test({
    name: `the example for ${program.name} stops when its key is refused`,
    ignore: !program.isHere,
    fn: async () => {
      await using example = await install(
        program,
        environment(`wk_${"x".repeat(43)}`),
      );
      const { code, stderr } = await example.start("piped").output();
      assert.notEqual(code, 0);
      assert.match(new TextDecoder().decode(stderr), /401 .*not_authorized/);
    },
  });
}

Deno.test("the example for node asks for the project's own version of supabase-js", async () => {
  const read = async (path: string) =>
    JSON.parse(await Deno.readTextFile(join(PROJECT_DIR, path)));
  const name = "@supabase/supabase-js";
  const { dependencies } = await read("examples/node/package.json");
  const { imports } = await read("deno.json");
  assert.equal(imports[name], `npm:${name}@${dependencies[name]}`);
});

Deno.test("every example keeps a signal whose execution takes longer than its lease", async () => {
  await using proxy = startApiProxy();
  const extended = new Set<string>();
  proxy.before = (name, { text }) => {
    if (name === "extend") extended.add(JSON.parse(text).queue);
  };
  const kept = await Promise.all(HERE.map(async (program) => {
    const { kit, key, queue } = await withWorker();
    await send(
      kit.urls.dedicated,
      JSON.stringify({ action: "buy", symbol: "A", quantity: 1 }),
    );
    await using _ = await start(program, key, {
      "SUPABASE_URL": proxy.url,
      "LEASE_SECONDS": "5",
      "BROKER_DELAY_MS": "7000",
    });
    const [outcome] = await untilSettled(queue, 1);
    return [outcome?.outcome, outcome?.reads, extended.has(queue)];
  }));
  assert.deepEqual(kept, HERE.map(() => ["completed", 1, true]));
});

function environment(key: string): Record<string, string> {
  return {
    "SUPABASE_URL": API_URL,
    "SUPABASE_PUBLISHABLE_KEY": "none",
    "WORKER_KEY": key,
  };
}

async function start(
  program: Program,
  key: string,
  env: Record<string, string> = {},
) {
  const example = await install(program, { ...environment(key), ...env });
  example.start();
  return example;
}
