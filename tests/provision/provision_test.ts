import assert from "node:assert/strict";
import {
  FUNCTIONS_URL,
  type Kit,
  openDatabase,
  type Problem,
  provision,
  register,
  send,
} from "../support/project.ts";

Deno.test("registering answers the kit, whose URLs work as they are", async () => {
  const kit = await register();
  const { slug } = kit.strategy;
  assert.equal(
    kit.urls.dedicated,
    `${FUNCTIONS_URL}/webhook/${slug}?token=${kit.token}`,
  );
  assert.equal(
    kit.urls.universal,
    `${FUNCTIONS_URL}/webhook?token=${kit.universal.token}`,
  );
  assert.deepEqual(kit.routes.map(({ kind, target }) => ({ kind, target })), [
    { kind: "queue", target: slug.replaceAll("-", "_") },
  ]);
  assert.equal((await send(kit.urls.dedicated, "BUY")).status, 202);
});

Deno.test("the same registration again answers 200 and the same kit", async () => {
  const kit = await register({ "dedupe_window": "1 minute" });
  const again = await provision<Kit>("POST", "/strategies", {
    name: kit.strategy.name,
    "dedupe_window": 60,
  });
  assert.equal(again.status, 200);
  assert.deepEqual(again.body, kit);
});

Deno.test("the same name with other settings is answered 409 naming what differs", async () => {
  const kit = await register();
  const again = await provision<Problem>("POST", "/strategies", {
    name: kit.strategy.name,
    status: "paused",
    routes: [{ kind: "queue", target: "elsewhere" }],
  });
  assert.deepEqual([again.status, again.body.code], [409, "strategy_exists"]);
  assert.deepEqual(again.body.errors?.map(({ path }) => path), [
    "routes",
    "status",
  ]);
});

Deno.test("two registrations of one name at once make one strategy", async () => {
  const name = `Twin ${crypto.randomUUID()}`;
  const answers = await Promise.all(
    Array.from(
      { length: 10 },
      () => provision<Kit>("POST", "/strategies", { name }),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [...Array(9).fill(200), 201]);
  const ids = new Set(answers.map(({ body }) => body.strategy.id));
  assert.equal(ids.size, 1);
});

Deno.test("another strategy's slug is answered 409 name_taken", async () => {
  const kit = await register();
  const { status, body } = await provision<Problem>("POST", "/strategies", {
    name: `Other ${crypto.randomUUID()}`,
    slug: kit.strategy.slug,
  });
  assert.deepEqual([status, body.code], [409, "name_taken"]);
});

const INVALID: [
  why: string,
  settings: Record<string, unknown>,
  path: string,
][] = [
  ["an unknown key", { colour: "red" }, "colour"],
  ["a status that there is not", { status: "asleep" }, "status"],
  ["a slug with capitals", { slug: "Gold" }, "slug"],
  [
    "a negative limit",
    { "rate_limit_per_minute": -1 },
    "rate_limit_per_minute",
  ],
  [
    "an address that is none",
    { "allowed_ips": ["300.1.1.1"] },
    "allowed_ips.0",
  ],
  ["a private key", { jwks: { keys: [{ kty: "EC", d: "x" }] } }, "jwks.keys.0"],
  [
    "more keys than twenty",
    { jwks: { keys: Array(21).fill({ kty: "EC" }) } },
    "jwks.keys",
  ],
  ["an interval that is none", { "max_signal_age": "soon" }, "max_signal_age"],
  [
    "an unusable schema",
    { "payload_schema": { type: "nonsense" } },
    "payload_schema",
  ],
];

for (const [why, settings, path] of INVALID) {
  Deno.test(`${why} is answered 422 naming the field`, async () => {
    const { status, body } = await provision<Problem>("POST", "/strategies", {
      name: "Never registered",
      ...settings,
    });
    assert.deepEqual([status, body.code], [422, "invalid_request"]);
    assert.deepEqual(body.errors?.map((error) => error.path), [path]);
  });
}

Deno.test("lists and single strategies show no secret and no token", async () => {
  const kit = await register();
  const list = await provision("GET", "/strategies");
  const one = await provision("GET", `/strategies/${kit.strategy.slug}`);
  const shown = JSON.stringify([list.body, one.body]);
  for (const secret of [kit.secret, kit.token, kit.universal.token]) {
    assert.ok(!shown.includes(secret));
  }
});

Deno.test("reveal answers the kit", async () => {
  const kit = await register();
  const path = `/strategies/${kit.strategy.slug}?reveal=true`;
  assert.deepEqual((await provision<Kit>("GET", path)).body, kit);
});

Deno.test("a patch changes what it names and nothing else", async () => {
  const kit = await register({ "expected_every": 600 });
  const { slug } = kit.strategy;
  const { body } = await provision<{ strategy: Record<string, unknown> }>(
    "PATCH",
    `/strategies/${slug}`,
    { status: "paused", "rate_limit_per_minute": null },
  );
  assert.deepEqual(
    [
      body.strategy.status,
      body.strategy.rate_limit_per_minute,
      body.strategy.expected_every,
      body.strategy.slug,
    ],
    ["paused", null, "00:10:00", slug],
  );
});

Deno.test("a changed name stays an alias, so that no live alert breaks", async () => {
  const kit = await register();
  await provision("PATCH", `/strategies/${kit.strategy.slug}`, {
    name: `Renamed ${crypto.randomUUID()}`,
    slug: `renamed-${crypto.randomUUID().slice(0, 8)}`,
  });
  assert.equal((await send(kit.urls.dedicated, "BUY")).status, 202);
});

Deno.test("an unknown strategy is answered 404", async () => {
  const { status, body } = await provision<Problem>(
    "PATCH",
    "/strategies/nobody-here",
    {},
  );
  assert.deepEqual([status, body.code], [404, "not_found"]);
});

Deno.test("after a rotation both URLs work, a third secret is refused, and revoking ends the old one", async () => {
  const kit = await register();
  const path = `/strategies/${kit.strategy.slug}`;
  const rotated = await provision<Kit>("POST", `${path}/rotate`);
  assert.equal(rotated.status, 200);
  assert.notEqual(rotated.body.token, kit.token);
  assert.equal((await send(kit.urls.dedicated, "BUY")).status, 202);
  assert.equal((await send(rotated.body.urls.dedicated, "SELL")).status, 202);
  const third = await provision<Problem>("POST", `${path}/rotate`);
  assert.deepEqual([third.status, third.body.code], [
    409,
    "rotation_in_progress",
  ]);
  const revoked = await provision("POST", `${path}/revoke`);
  assert.deepEqual(revoked.body, { revoked: true });
  assert.equal((await send(kit.urls.dedicated, "EXIT")).status, 401);
  assert.equal((await send(rotated.body.urls.dedicated, "EXIT")).status, 202);
});

Deno.test("the universal secret rotates the same way", async () => {
  const named = (signal: string) =>
    JSON.stringify({ strategy: kit.strategy.slug, signal });
  const kit = await register();
  interface Universal {
    url: string;
    token: string;
  }
  const rotated = await provision<Universal>("POST", "/universal/rotate", {
    "overlap_seconds": 600,
  });
  assert.equal(rotated.status, 200);
  assert.equal((await send(kit.urls.universal, named("BUY"))).status, 202);
  assert.equal((await send(rotated.body.url, named("SELL"))).status, 202);
  assert.deepEqual((await provision("POST", "/universal/revoke")).body, {
    revoked: true,
  });
  assert.equal((await send(kit.urls.universal, named("EXIT"))).status, 401);
  const shown = await provision<Universal>("GET", "/universal?reveal=true");
  assert.equal(shown.body.token, rotated.body.token);
  assert.equal(
    (await provision<Universal>("GET", "/universal")).body.token,
    undefined,
  );
});

Deno.test("nobody but an operator may provision", async () => {
  const publishable = Deno.env.get("SUPABASE_PUBLISHABLE_KEY") ?? "";
  const strangers: Record<string, string>[] = [
    {},
    { apikey: publishable },
    { apikey: "" },
    { authorization: `Bearer ${publishable}` },
    { authorization: "Bearer a.b.c" },
  ];
  for (const headers of strangers) {
    const response = await fetch(`${FUNCTIONS_URL}/provision/strategies`, {
      headers,
    });
    const { code } = await response.json();
    assert.deepEqual([response.status, code], [401, "not_authorized"]);
  }
});

Deno.test("the health check needs no key", async () => {
  const response = await fetch(`${FUNCTIONS_URL}/provision/health`);
  assert.deepEqual([response.status, await response.json()], [200, {
    status: "ok",
  }]);
});

Deno.test("every placeholder of the TradingView message exists", async () => {
  const kit = await register();
  // https://www.tradingview.com/support/solutions/43000531021
  const existing = new Set([
    "ticker",
    "exchange",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "time",
    "timenow",
    "interval",
    "strategy.position_size",
    "strategy.order.action",
    "strategy.order.contracts",
    "strategy.order.price",
    "strategy.order.id",
    "strategy.order.comment",
    "strategy.order.alert_message",
    "strategy.market_position",
    "strategy.market_position_size",
    "strategy.prev_market_position",
    "strategy.prev_market_position_size",
  ]);
  const used = Array.from(
    kit.tradingview.message.matchAll(/{{(.*?)}}/g),
    ([, name]) => name!,
  );
  assert.ok(used.length > 5);
  assert.deepEqual(used.filter((name) => !existing.has(name)), []);
});

Deno.test("the TradingView message, filled in, makes the signal it means", async () => {
  await using database = openDatabase();
  const kit = await register();
  const values: Record<string, string> = {
    "strategy.order.action": "sell",
    exchange: "OANDA",
    ticker: "XAUUSD",
    "strategy.order.contracts": "2",
    "strategy.order.price": "2411.35",
    "strategy.market_position": "flat",
    "strategy.market_position_size": "0",
    "strategy.prev_market_position": "long",
    "strategy.prev_market_position_size": "2",
    "strategy.order.id": "Exit",
    interval: "15",
    time: "2026-11-20T14:30:00Z",
    timenow: "2026-11-20T14:45:00Z",
  };
  const message = kit.tradingview.message.replaceAll(
    /{{(.*?)}}/g,
    (_, name) => values[name]!,
  );
  const answer = await send(kit.tradingview.webhook_url, message);
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  const [signal] = await database.sql`
    select action, direction, exchange, symbol, quantity, price, timeframe from signals
    where id = ${answer.body.signal_id as string}`;
  assert.deepEqual({ ...signal }, {
    action: "sell",
    direction: "flat",
    exchange: "OANDA",
    symbol: "XAUUSD",
    quantity: "2",
    price: "2411.35",
    timeframe: "15",
  });
});

Deno.test("where the dedicated endpoint is closed, the kit's examples use the universal one", async () => {
  const kit = await register({ routing: "universal" });
  assert.equal(kit.tradingview.webhook_url, kit.urls.universal);
  const answer = await send(
    kit.urls.universal,
    kit.examples.curl.match(/-d '(.*)'$/)![1]!,
  );
  assert.equal(answer.status, 202);
});

Deno.test("the kit says from when on something is an incident", async () => {
  const kit = await register({
    thresholds: { "alert_storm": 5 },
    "expected_every": "1 hour",
  });
  assert.deepEqual(kit.monitoring, {
    "auth_failures": 10,
    "alert_storm": 5,
    backlog: "00:01:00",
    "expected_every": "01:00:00",
  });
});

/** Text that neither Postgres nor PostgREST takes. */
const UNSTORABLE = { NUL: "a\0b", "half a surrogate pair": "a\ud800b" };

for (const [what, text] of Object.entries(UNSTORABLE)) {
  const BODIES: [string, string, string, unknown][] = [
    ["a registration's name", "POST", "/strategies", { name: text }],
    ["a payload schema's value", "PATCH", "/strategies/x", {
      "payload_schema": { title: text },
    }],
    ["a payload schema's key", "PATCH", "/strategies/x", {
      "payload_schema": { [text]: 1 },
    }],
    ["a route's symbol", "PATCH", "/strategies/x", {
      routes: [{ kind: "queue", target: "x", symbols: [text] }],
    }],
    ["a replay's strategy", "POST", "/replay", { strategy: text }],
  ];
  for (const [where, method, path, body] of BODIES) {
    Deno.test(`${what} in ${where} is answered 422`, async () => {
      const answer = await provision<Problem>(method, path, body);
      assert.deepEqual([answer.status, answer.body.code], [
        422,
        "invalid_request",
      ]);
    });
  }
}

Deno.test("NUL in a query is answered 422, and in a path 404", async () => {
  const answers = await Promise.all([
    provision("GET", "/signals?strategy=a%00b"),
    provision("GET", "/strategies/a%00b"),
    provision("PATCH", "/strategies/a%00b", { status: "paused" }),
  ]);
  assert.deepEqual(answers.map(({ status }) => status), [422, 404, 404]);
});
