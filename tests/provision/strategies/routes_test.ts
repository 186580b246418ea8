/** One route of a strategy over HTTP: added, changed, deleted. */
import assert from "node:assert/strict";
import { ALERT, untilTried } from "../../support/deliveries.ts";
import {
  type Kit,
  openDatabase,
  type Problem,
  provision,
  register,
  send,
} from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";

interface Changed {
  route: Kit["routes"][number];
  warnings?: string[];
}

const HOOK = { kind: "http", target: "https://example.com/as-a-password" };

function pathOf({ strategy }: Kit, id?: string): string {
  const routes = `/strategies/${strategy.slug}/routes`;
  return id === undefined ? routes : `${routes}/${id}`;
}

async function add(
  kit: Kit,
  settings: Record<string, unknown> = HOOK,
): Promise<Kit["routes"][number]> {
  const added = await provision<Changed>("POST", pathOf(kit), settings);
  assert.equal(added.status, 201);
  return added.body.route;
}

async function routesOf({ strategy }: Kit): Promise<Kit["routes"]> {
  const path = `/strategies/${strategy.slug}?reveal=true`;
  return (await provision<Kit>("GET", path)).body.routes;
}

Deno.test("an added route gets the signals from then on, and has a secret in the kit", async () => {
  await using sink = startSink();
  await using database = openDatabase();
  const kit = await register();
  const { id } = await add(kit, { kind: "http", target: sink.url });
  await send(kit.urls.dedicated, ALERT);
  const [dispatch] = await untilTried(database.sql, kit);
  assert.deepEqual([dispatch!.status, sink.deliveries.length], [
    "delivered",
    1,
  ]);
  const known = (await routesOf(kit)).find((route) => route.id === id);
  assert.match(known!.secret!, /^whsec_/);
});

Deno.test("of a route's URL the answers show the host, and no secret", async () => {
  const kit = await register();
  const route = await add(kit);
  assert.deepEqual(route, {
    id: route.id,
    kind: "http",
    target: "https://example.com/…",
    enabled: true,
  });
  const changed = await provision<Changed>("PATCH", pathOf(kit, route.id), {
    target: "https://example.com/another-password",
  });
  assert.deepEqual(changed.body.route, route);
  const kept = (await routesOf(kit)).map(({ target }) => target);
  assert.ok(kept.includes("https://example.com/another-password"));
});

Deno.test("a second route to a target is answered 409 route_exists, added or changed", async () => {
  const kit = await register();
  const { id } = await add(kit);
  const other = await add(kit, { kind: "http", target: "https://x.example/" });
  const answers = [
    await provision<Problem>("POST", pathOf(kit), { ...HOOK, symbols: ["X"] }),
    await provision<Problem>("PATCH", pathOf(kit, other.id), {
      target: HOOK.target,
    }),
  ];
  for (const { status, body } of answers) {
    assert.deepEqual([status, body.code], [409, "route_exists"]);
    assert.deepEqual(body.errors.map(({ path }) => path), ["target"]);
    assert.match(body.detail!, new RegExp(`routes/${id}$`));
  }
});

Deno.test("of ten who add a route at once one does", async () => {
  const kit = await register();
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => provision("POST", pathOf(kit), HOOK)),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [201, ...Array(9).fill(409)]);
  assert.equal((await routesOf(kit)).length, 2);
});

Deno.test("what a change does not name stays, and null removes a filter", async () => {
  const kit = await register();
  const { id } = await add(kit, { ...HOOK, actions: ["buy"], symbols: ["X"] });
  const path = pathOf(kit, id);
  await provision("PATCH", path, { enabled: false });
  const { body } = await provision<Changed>("PATCH", path, {
    actions: null,
    "min_confidence": 0.5,
  });
  const { disabled_at, ...route } = body.route;
  assert.ok(Date.parse(disabled_at!) <= Date.now());
  assert.deepEqual(route, {
    id,
    kind: "http",
    target: "https://example.com/…",
    enabled: false,
    symbols: ["X"],
    "min_confidence": 0.5,
  });
  const on = await provision<Changed>("PATCH", path, { enabled: true });
  assert.deepEqual(on.body.route.disabled_at, undefined);
});

Deno.test("a route to a function that is not there is added with a warning", async () => {
  const kit = await register();
  const { status, body } = await provision<Changed>("POST", pathOf(kit), {
    kind: "function",
    target: "not-deployed",
  });
  assert.equal(status, 201);
  assert.match(body.warnings![0]!, /"not-deployed" answers 404 to a GET/);
});

const FORBIDDEN = "https://169.254.169.254/latest";
const WRONG: [why: string, settings: unknown, path: string][] = [
  ["an unknown key", { ...HOOK, filter: "buy" }, "filter"],
  ["no kind", { target: "x" }, "kind"],
  ["an unknown action", { ...HOOK, actions: ["hodl"] }, "actions.0"],
  ["an address inside", { ...HOOK, target: FORBIDDEN }, "target"],
  ["a URL as it is shown", { ...HOOK, target: "https://x.y/…" }, "target"],
  ["a URL with a name in it", { ...HOOK, target: "https://a@x.y/" }, "target"],
  ["a URL without end", {
    ...HOOK,
    target: `https://x.y/${"a".repeat(1e5)}`,
  }, "target"],
  [
    "a queue with SQL in it",
    { kind: "queue", target: "q; drop table" },
    "target",
  ],
  ["a key for a URL", { ...HOOK, "send_secret_key": true }, "send_secret_key"],
  [
    "a confidence beyond all",
    { ...HOOK, "min_confidence": 1e308 },
    "min_confidence",
  ],
  ["a list", [HOOK], ""],
  ["a number", 7, ""],
];

for (const [why, settings, path] of WRONG) {
  Deno.test(`a new route with ${why} is answered 422, naming ${path || "the body"}`, async () => {
    const kit = await register({ queue: false });
    const answer = await provision<Problem>("POST", pathOf(kit), settings);
    assert.deepEqual(
      [answer.status, answer.body.code, answer.body.errors?.[0]?.path],
      [422, "invalid_request", path],
    );
    assert.deepEqual(await routesOf(kit), []);
  });
}

const WRONG_CHANGES: [why: string, settings: unknown, path: string][] = [
  ["another kind", { kind: "queue" }, "kind"],
  ["an address inside", { target: FORBIDDEN }, "target"],
  ["no target", { target: null }, "target"],
  ["an empty state", { enabled: null }, "enabled"],
  ["what is the router's", { "is_gone": false }, "is_gone"],
  ["a key for a URL", { "send_secret_key": true }, "send_secret_key"],
];

for (const [why, settings, path] of WRONG_CHANGES) {
  Deno.test(`a change to ${why} is answered 422, naming ${path}`, async () => {
    const kit = await register({ queue: false });
    const { id } = await add(kit);
    const before = await routesOf(kit);
    const changed = await provision<Problem>(
      "PATCH",
      pathOf(kit, id),
      settings,
    );
    assert.deepEqual(
      [changed.status, changed.body.code, changed.body.errors?.[0]?.path],
      [422, "invalid_request", path],
    );
    assert.deepEqual(await routesOf(kit), before);
  });
}
