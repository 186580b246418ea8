import assert from "node:assert/strict";
import type { DatabaseClient } from "../../_shared/database/client.ts";
import { Refusal } from "../../_shared/domain/refusal.ts";
import type { Snapshot, Strategy } from "../../_shared/domain/strategy.ts";
import { SETTINGS, STRATEGY } from "../../_shared/domain/testing.ts";
import { explainAlert } from "./explain.ts";

interface Deviation {
  text?: string;
  strategy?: Partial<Strategy>;
  routing?: Record<string, unknown>;
}

/** Explains an alert that is accepted and sent, but for the deviation. */
function explain({ text = '{"signal":"BUY"}', ...own }: Deviation) {
  const snapshot: Snapshot = {
    version: 1,
    readAt: 0,
    settings: SETTINGS,
    strategy: { ...STRATEGY, ...own.strategy },
  };
  const routing = {
    outcome: "accepted",
    status: "active",
    limit: null,
    left: null,
    held: 0,
    routes: ["queue:gold"],
    ...own.routing,
  };
  return explainAlert({
    slug: "gold",
    text,
    publicUrl: "https://example.com",
    catalog: {
      find: (name) =>
        Promise.resolve(
          name === "gold" ? snapshot : { ...snapshot, strategy: undefined! },
        ),
      isStale: () => Promise.resolve(false),
      timeAt: () => new Date(),
      forget: () => {},
    },
    database: {
      call: () => Promise.resolve(routing),
    } as unknown as DatabaseClient,
  });
}

const JUDGED = ["credential", "parse", "endpoint", "signal", "age", "dedupe"];

Deno.test("an alert that is accepted passes every step, in their order", async () => {
  const steps = await explain({});
  assert.deepEqual(steps.map(({ step }) => step), [
    ...JUDGED,
    "limit",
    "routes",
    "lint",
  ]);
  assert.ok(steps.every(({ ok }) => ok));
});

/** Alerts that one step refuses; the steps behind it are not shown, but the lint is. */
const REFUSED: [step: string, code: string, deviation: Deviation][] = [
  ["parse", "malformed_alert", { text: "{" }],
  [
    "endpoint",
    "strategy_mismatch",
    { text: '{"signal":"BUY","strategy":"Silver"}' },
  ],
  ["signal", "invalid_alert", { text: '{"signal":"maybe"}' }],
  [
    "age",
    "stale_alert",
    { text: '{"signal":"BUY","timenow":"2020-01-01T00:00:00Z"}' },
  ],
];

for (const [step, code, deviation] of REFUSED) {
  Deno.test(`an alert that is refused at step ${step} is explained up to there`, async () => {
    const steps = await explain(deviation);
    const passed = JUDGED.slice(0, JUDGED.indexOf(step));
    assert.deepEqual(steps.map(({ step }) => step), [...passed, step, "lint"]);
    assert.equal(steps.at(-2)!.code, code);
    assert.deepEqual(
      steps.filter(({ ok }) => !ok).map(({ step }) => step),
      [step],
    );
  });
}

const CLOSED: Partial<Strategy>[] = [
  { auth_methods: [] },
  { status: "archived" },
];

for (const strategy of CLOSED) {
  Deno.test(`with ${JSON.stringify(strategy)} the credential is the only step`, async () => {
    const [credential, ...others] = await explain({ strategy });
    assert.deepEqual(
      [credential!.ok, credential!.code, others.length],
      [false, "not_authorized", 0],
    );
  });
}

/** Reports of the database, and the steps that fail for them. */
const ROUTINGS: [what: string, deviation: Deviation, failed: string[]][] = [
  ["there is room below the limit", { routing: { limit: 5, left: 1 } }, []],
  [
    "no room is left",
    { routing: { outcome: "held", limit: 5, left: 0 } },
    ["limit"],
  ],
  ["it is refused", { routing: { outcome: "limited" } }, ["limit"]],
  ["there is no route", { routing: { routes: [] } }, ["routes"]],
  ["it is only recorded", { routing: { outcome: "suppressed" } }, ["routes"]],
];

for (const [what, deviation, failed] of ROUTINGS) {
  Deno.test(`where ${what}, these steps fail: ${failed.join(", ") || "none"}`, async () => {
    const steps = await explain(deviation);
    assert.deepEqual(
      steps.filter(({ ok }) => !ok).map(({ step }) => step),
      failed,
    );
  });
}

Deno.test("a suppressed alert and a test alert show no routes", async () => {
  for (
    const deviation of [
      { routing: { outcome: "suppressed" } },
      { text: '{"signal":"BUY","test":true}' },
    ]
  ) {
    const steps = await explain(deviation);
    assert.deepEqual(steps.find(({ step }) => step === "routes")!.routes, []);
  }
});

Deno.test("a strategy that is gone is not found", async () => {
  const gone = explainAlert({
    slug: "gold",
    text: "BUY",
    publicUrl: "https://example.com",
    catalog: {
      find: () =>
        Promise.resolve({ version: 1, readAt: 0, settings: {} } as Snapshot),
      isStale: () => Promise.resolve(false),
      timeAt: () => new Date(),
      forget: () => {},
    },
    database: {} as DatabaseClient,
  });
  await assert.rejects(
    gone,
    (error) => error instanceof Refusal && error.code === "not_found",
  );
});
