import assert from "node:assert/strict";
import type {
  DryRunAnswer,
  ExplainedStep,
} from "../../../supabase/functions/_shared/provision_api/test_alert.ts";
import {
  openDatabase,
  provision,
  register,
  send,
} from "../../support/project.ts";

async function explain(slug: string, body: string): Promise<ExplainedStep[]> {
  const answer = await provision<DryRunAnswer>(
    "POST",
    `/strategies/${slug}/test`,
    { body, "dry_run": true },
  );
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.steps;
}

Deno.test("explain says what each step makes of an alert, and stores nothing", async () => {
  await using database = openDatabase();
  const kit = await register();
  const steps = await explain(
    kit.strategy.slug,
    '{"signal":"BUY","symbol":"OANDA:XAUUSD","qty":NaN}',
  );
  assert.deepEqual(steps.map(({ step, ok }) => [step, ok]), [
    ["credential", true],
    ["parse", true],
    ["endpoint", true],
    ["signal", true],
    ["age", true],
    ["dedupe", true],
    ["limit", true],
    ["routes", true],
    ["lint", true],
  ]);
  const by = Object.fromEntries(steps.map((step) => [step.step, step]));
  assert.equal(by.parse!.repaired, true);
  assert.equal((by.signal!.signal as Record<string, unknown>).symbol, "XAUUSD");
  assert.deepEqual(by.routes!.routes, [`queue:${kit.routes[0]!.target}`]);
  assert.match(String(by.lint!.warnings), /NaN/);
  const rows = await database
    .sql`select from webhook_requests where strategy_id = ${kit.strategy.id}`;
  assert.equal(rows.length, 0);
});

Deno.test("explain names the field that would be refused", async () => {
  const kit = await register();
  const steps = await explain(
    kit.strategy.slug,
    '{"signal":"BUY","price":"{{close}}"}',
  );
  const refused = steps.find(({ ok }) => !ok)!;
  assert.deepEqual([refused.step, refused.code], ["signal", "invalid_alert"]);
  assert.match(String(steps.at(-1)!.warnings), /placeholder/);
});

/** Alerts that a strategy's settings refuse, and the step that says so. */
const EXPLAINED: [
  settings: Record<string, unknown>,
  body: string,
  step: string,
  code: string,
][] = [
  [
    { "max_alert_lag": "1 minute" },
    '{"signal":"BUY","timenow":"2020-01-01T00:00:00Z"}',
    "age",
    "stale_alert",
  ],
  [{ routing: "universal" }, '{"signal":"BUY"}', "parse", "invalid_alert"],
  [{}, "60123456,buystop,EURUSD", "signal", "invalid_alert"],
  [
    {},
    '{"signal":"BUY","strategy":"another"}',
    "endpoint",
    "strategy_mismatch",
  ],
  [
    { "payload_schema": { type: "object", required: ["sl"] } },
    '{"signal":"BUY"}',
    "signal",
    "invalid_alert",
  ],
];

for (const [settings, body, step, code] of EXPLAINED) {
  Deno.test(`explain refuses ${body} as the endpoint does: ${code}`, async () => {
    const kit = await register(settings);
    const refused = (await explain(kit.strategy.slug, body))
      .find(({ ok }) => !ok)!;
    const answer = await send(kit.tradingview.webhook_url, body);
    assert.deepEqual([refused.step, refused.code, refused.status], [
      step,
      code,
      answer.status,
    ]);
    assert.equal(answer.body.code, code);
  });
}

Deno.test("explain says why a schema that was typed into the table lets nothing through", async () => {
  await using database = openDatabase();
  const kit = await register();
  await database.sql`
    update strategies set payload_schema = '{"properties": {"id": {"pattern": "^(a+)+$"}}}'
    where id = ${kit.strategy.id}`;
  const refused = (await explain(kit.strategy.slug, '{"signal":"BUY"}'))
    .find(({ ok }) => !ok)!;
  const [error] = refused.errors as { message: string }[];
  assert.match(error!.message, /payload_schema cannot be used.*go back/);
});

for (const settings of [{ status: "archived" }, { "auth_methods": [] }]) {
  Deno.test(`explain says that nobody's alert is taken with ${JSON.stringify(settings)}`, async () => {
    const kit = await register();
    const { slug } = kit.strategy;
    await provision("PATCH", `/strategies/${slug}`, settings);
    const [verdict, ...others] = await explain(slug, "BUY");
    const { status } = await send(kit.urls.dedicated, "BUY");
    assert.deepEqual([verdict!.ok, verdict!.status], [false, status]);
    assert.deepEqual(others, []);
  });
}

Deno.test("explain says that a paused strategy's signal would not be sent", async () => {
  const kit = await register({ status: "paused" });
  const steps = await explain(kit.strategy.slug, "BUY");
  const routes = steps.find(({ step }) => step === "routes")!;
  assert.deepEqual([routes.ok, routes.routes, routes.status], [
    false,
    [],
    "paused",
  ]);
});
