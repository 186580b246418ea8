import assert from "node:assert/strict";
import type {
  DryRunAnswer,
  ExplainedStep,
  TestAnswer,
} from "../../supabase/functions/_shared/provision_api/test_alert.ts";
import {
  FUNCTIONS_URL,
  openDatabase,
  provision,
  register,
  SECRET_KEY,
  send,
  until,
} from "../support/project.ts";

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

Deno.test("a test alert goes the whole way and reaches no queue", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const { body } = await provision<TestAnswer>(
    "POST",
    `/strategies/${kit.strategy.slug}/test`,
    {},
  );
  assert.deepEqual([body.status, body.answer.status, body.answer.routes], [
    202,
    "accepted",
    [],
  ]);
  const [signal] = await sql`select is_test from signals where id = ${body
    .answer.signal_id as string}`;
  assert.equal(signal!.is_test, true);
});

Deno.test("a given test alert is marked as a test, whatever it says", async () => {
  await using database = openDatabase();
  const kit = await register();
  const { body } = await provision<TestAnswer>(
    "POST",
    `/strategies/${kit.strategy.slug}/test`,
    { body: '{"signal":"BUY","symbol":"XAUUSD","test":false}' },
  );
  const [signal] = await database
    .sql`select is_test from signals where id = ${body.answer
    .signal_id as string}`;
  assert.equal(signal!.is_test, true);
});

async function test(slug: string, settings: Record<string, unknown> = {}) {
  const { body } = await provision<TestAnswer>(
    "POST",
    `/strategies/${slug}/test`,
    settings,
  );
  return body;
}

for (
  const settings of [
    { "auth_methods": ["hmac"] },
    { "auth_methods": ["jwt"] },
    { "allowed_ips": "tradingview" },
    { routing: "universal" },
    { routing: "universal", "auth_methods": ["hmac"] },
  ]
) {
  Deno.test(`a test alert goes the whole way with ${JSON.stringify(settings)}`, async () => {
    const kit = await register(settings);
    const { status, answer } = await test(kit.strategy.slug);
    assert.deepEqual([status, answer.status], [202, "accepted"]);
  });
}

Deno.test("a strategy that takes no credential takes no test alert", async () => {
  const kit = await register({ "auth_methods": [] });
  assert.equal((await test(kit.strategy.slug)).status, 401);
});

Deno.test("a given test alert may have a comma too many, as a real one", async () => {
  const kit = await register();
  const body = '{"signal":"BUY",}';
  assert.equal((await test(kit.strategy.slug, { body })).status, 202);
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

Deno.test("a test alert that cannot be marked is refused", async () => {
  const kit = await register();
  const { status } = await provision(
    "POST",
    `/strategies/${kit.strategy.slug}/test`,
    { body: "BUY" },
  );
  assert.equal(status, 422);
});

async function get(path: string, accept: string): Promise<Response> {
  return await fetch(`${FUNCTIONS_URL}/provision${path}`, {
    headers: { apikey: SECRET_KEY, accept },
  });
}

Deno.test("the runbook says what the database says, without a secret", async () => {
  await using database = openDatabase();
  const kit = await register({ "rate_limit_per_minute": 7 });
  await send(kit.urls.dedicated, "BUY");
  const text = await (await get("/runbook", "text/markdown")).text();
  const [settings] = await database.sql`select phase from router_settings`;
  assert.ok(text.includes(`* Phase: **${settings!.phase}**`));
  const strategies = await database
    .sql`select name from strategies where status <> 'archived'`;
  for (const { name } of strategies) {
    assert.ok(text.includes(`### ${name} (`), name);
  }
  const section = text.slice(text.indexOf(`### ${kit.strategy.name} (`)).split(
    "\n### ",
  )[0]!;
  assert.ok(section.includes(`\`${kit.urls.dedicated.split("?")[0]}\``));
  assert.ok(section.includes("* Limit: 7 a minute"));
  const [own] = await database.sql`
    select webhook_secret as mask from strategies
    where id = ${kit.strategy.id}`;
  assert.ok(section.includes(own!.mask));
  assert.doesNotMatch(section, /last used never/);
  for (const secret of [kit.secret, kit.token, kit.universal.token]) {
    assert.ok(!text.includes(secret));
  }
});

Deno.test("the runbook comes as JSON with a schema, for assistants", async () => {
  const runbook = await (await get("/runbook", "application/json")).json();
  const schema = await (await get("/runbook/schema", "application/json"))
    .json();
  assert.equal(runbook.$schema, `${FUNCTIONS_URL}/provision/runbook/schema`);
  for (const name of schema.required) assert.ok(name in runbook, name);
});

Deno.test("the metrics are Prometheus text", async () => {
  const kit = await register();
  await send(kit.urls.dedicated, "BUY");
  const response = await get("/metrics", "*/*");
  const text = await response.text();
  assert.match(
    response.headers.get("content-type")!,
    /^text\/plain; version=0\.0\.4/,
  );
  assert.ok(
    text.includes(
      `webhook_signals_24h{status="accepted",strategy="${kit.strategy.slug}"} 1`,
    ),
  );
  for (const line of text.trim().split("\n")) {
    assert.match(
      line,
      /^(# (HELP|TYPE) [a-z_0-9]+ .+|[a-z_0-9]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [0-9.e+-]+)$/,
    );
  }
});

Deno.test("health tells an operator what waits", async () => {
  const { body } = await provision<{ backlog: Record<string, number> }>(
    "GET",
    "/health",
  );
  assert.deepEqual(Object.keys(body.backlog).sort(), [
    "dispatches",
    "held",
    "incidents",
    "oldest_due_seconds",
  ]);
});

Deno.test("the last signals of a strategy can be listed", async () => {
  const kit = await register();
  await send(kit.urls.dedicated, "BUY");
  await send(kit.urls.dedicated, "SELL");
  const { body } = await provision<{ signals: { action: string }[] }>(
    "GET",
    `/signals?strategy=${kit.strategy.slug}&limit=1`,
  );
  assert.deepEqual(body.signals.map(({ action }) => action), ["sell"]);
});

Deno.test("retention clears raw bodies first and then the rest, by age", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const { id } = kit.strategy;
  await send(kit.urls.dedicated, "BUY");
  await send(kit.urls.dedicated, "SELL");
  await sql`update webhook_requests set received_at = now() - interval '30 days 1 second'
    where id = (select request_id from signals where strategy_id = ${id} and action = 'buy')`;
  await sql`update signals set received_at = now() - interval '401 days' where strategy_id = ${id} and action = 'sell'`;
  await sql`select private.delete_expired()`;
  const bodies = await sql`
    select raw_body is null as is_cleared from webhook_requests where strategy_id = ${id} order by received_at`;
  assert.deepEqual(bodies.map((row) => row.is_cleared), [true, false]);
  const signals =
    await sql`select action from signals where strategy_id = ${id}`;
  assert.deepEqual(signals.map(({ action }) => action), ["buy"]);
});

Deno.test("a month that is too old is dropped, and a dump that reads it holds up no alert", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await sql`select private.make_partition('webhook_requests', 'received_at', '2020-01-01')`;
  const isThere = async () => {
    const [row] =
      await sql`select to_regclass('private.webhook_requests_2020_01') is not null as is_there`;
    return row!.is_there;
  };
  await sql.begin(async (dump) => {
    await dump`lock table webhook_requests in access share mode`;
    const dropping = sql`select private.drop_old_partition()`.execute();
    await until(
      async () =>
        (await sql`select from pg_locks where not granted`).length > 0,
      "the drop waits",
    );
    const { status } = await send(kit.urls.dedicated, "BUY");
    assert.equal(status, 202);
    await dropping;
  });
  assert.equal(await isThere(), true);
  await sql`select private.drop_old_partition()`;
  assert.equal(await isThere(), false);
});

for (const query of ["limit=abc", "limit=0", "limit=501", "first=1"]) {
  Deno.test(`signals are not listed by ${query}`, async () => {
    const { status, body } = await provision<{ code: string }>(
      "GET",
      `/signals?${query}`,
    );
    assert.deepEqual([status, body.code], [422, "invalid_request"]);
  });
}
