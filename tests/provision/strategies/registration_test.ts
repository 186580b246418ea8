import assert from "node:assert/strict";
import {
  FUNCTIONS_URL,
  type Kit,
  type Problem,
  provision,
  register,
  send,
} from "../../support/project.ts";

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

Deno.test("a registration that names routes gets a queue only on demand", async () => {
  const routes = [{ kind: "http", target: "https://example.com/hook" }];
  const kindsOf = ({ routes }: Kit) => routes.map(({ kind }) => kind).sort();
  const without = await register({ routes });
  assert.deepEqual(kindsOf(without), ["http"]);
  assert.deepEqual(
    kindsOf(await register({ routes, queue: true })),
    ["http", "queue"],
  );
  assert.deepEqual(kindsOf(await register({ queue: false })), []);
  const { name } = without.strategy;
  const again = await provision<Kit>("POST", "/strategies", { name, routes });
  assert.deepEqual([again.status, again.body], [200, without]);
  const other = await provision<Problem>("POST", "/strategies", {
    name,
    routes,
    queue: true,
  });
  assert.deepEqual(
    [other.status, other.body.errors?.map(({ path }) => path)],
    [409, ["queue"]],
  );
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

const QUEUE = { kind: "queue", target: "never_registered" };

const INVALID: [
  why: string,
  settings: Record<string, unknown>,
  path: string,
][] = [
  ["an unknown key", { colour: "red" }, "colour"],
  [
    "an unknown key of the second route",
    { routes: [QUEUE, { ...QUEUE, target: "b", filter: "buy" }] },
    "routes.1.filter",
  ],
  ["a route named twice", { routes: [QUEUE, QUEUE] }, "routes.1.target"],
  [
    "a route of an unknown kind",
    { routes: [QUEUE, { kind: "pigeon", target: "b" }] },
    "routes.1.kind",
  ],
  [
    "a URL that is none",
    { routes: [{ kind: "http", target: "https:example.com" }] },
    "routes.0.target",
  ],
  [
    "an address that no route may lead to",
    { routes: [QUEUE, { kind: "http", target: "https://10.0.0.1/hook" }] },
    "routes.1.target",
  ],
  ["an unknown key of thresholds", {
    thresholds: { storms: 1 },
  }, "thresholds.storms"],
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
    "a calendar without a weekday",
    { "expected_calendar": { weekdays: [], "time_zone": "UTC" } },
    "expected_calendar.weekdays",
  ],
  [
    "a calendar of an unknown time zone",
    { "expected_calendar": { weekdays: ["mon"], "time_zone": "Mars" } },
    "expected_calendar.time_zone",
  ],
  [
    "an unusable schema",
    { "payload_schema": { type: "nonsense" } },
    "payload_schema",
  ],
  [
    "a schema whose pattern may go back",
    { "payload_schema": { properties: { id: { pattern: "^(a+)+$" } } } },
    "payload_schema",
  ],
  [
    "a schema of an unknown format",
    { "payload_schema": { properties: { id: { format: "regex" } } } },
    "payload_schema",
  ],
  [
    "a schema that refers to itself without end",
    { "payload_schema": { anyOf: [{ $ref: "#" }] } },
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
