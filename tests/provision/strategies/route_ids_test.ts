/** Which route a call reaches, who may call, and what a deleted route leaves. */
import assert from "node:assert/strict";
import {
  alert,
  dispatchesOf,
  hold,
  incidentsOf,
  registerTo,
} from "../../support/deliveries.ts";
import {
  FUNCTIONS_URL,
  type Kit,
  openDatabase,
  type Problem,
  provision,
  register,
  send,
} from "../../support/project.ts";

const HOOK = "https://example.com/hook";

function pathOf({ strategy, routes }: Kit, id = routes[0]!.id): string {
  return `/strategies/${strategy.slug}/routes/${id}`;
}

async function routesOf({ strategy }: Kit): Promise<Kit["routes"]> {
  const path = `/strategies/${strategy.slug}?reveal=true`;
  return (await provision<Kit>("GET", path)).body.routes;
}

const NO_IDS: [why: string, id: string][] = [
  ["of no route", crypto.randomUUID()],
  ["that is none", "queue"],
  ["with SQL in it", "'; delete from routes; --"],
  ["of 10,000 characters", "a".repeat(1e4)],
];

for (const [why, id] of NO_IDS) {
  for (const method of ["PATCH", "DELETE"]) {
    Deno.test(`${method} of an id ${why} is answered 404`, async () => {
      const kit = await register();
      const path = pathOf(kit, encodeURIComponent(id));
      const body = method === "PATCH" ? { enabled: false } : undefined;
      const answer = await provision<Problem>(method, path, body);
      assert.deepEqual([answer.status, answer.body.code], [404, "not_found"]);
      assert.deepEqual(await routesOf(kit), kit.routes);
    });
  }
}

for (const method of ["PATCH", "DELETE"]) {
  const body = method === "PATCH" ? { enabled: false } : undefined;

  Deno.test(`${method} through a strategy does not reach another's route`, async () => {
    const [kit, other] = [await register(), await register()];
    const path = pathOf(kit, other.routes[0]!.id);
    const { status } = await provision<Problem>(method, path, body);
    assert.equal(status, 404);
    assert.deepEqual(await routesOf(other), other.routes);
  });

  Deno.test(`${method} through a strategy does not reach a route for every strategy`, async () => {
    await using database = openDatabase();
    const { sql } = database;
    const kit = await register();
    const [{ id } = { id: "" }] = await sql`
      insert into routes (kind, target, symbols) values ('queue', 'for_all', '{NOBODY}') returning id`;
    try {
      const path = pathOf(kit, id);
      const answer = await provision<Problem>(method, path, body);
      assert.equal(answer.status, 404);
      assert.match(answer.body.detail!, /change it in the table routes/);
      assert.equal(
        (await sql`select from routes where id = ${id} and enabled`).length,
        1,
      );
    } finally {
      await sql`delete from routes where id = ${id}`;
    }
  });
}

Deno.test("a route is reached by its strategy's alias, and by its id in capitals", async () => {
  const alias = `Alias ${crypto.randomUUID()}`;
  const kit = await register({ aliases: [alias] });
  const id = kit.routes[0]!.id.toUpperCase();
  const path = `/strategies/${encodeURIComponent(alias)}/routes/${id}`;
  const { status } = await provision("PATCH", path, { enabled: false });
  assert.deepEqual([status, (await routesOf(kit))[0]!.enabled], [200, false]);
});

Deno.test("nobody but an operator adds, changes or deletes a route", async () => {
  const kit = await register();
  const path = pathOf(kit);
  const calls = [
    ["POST", path.replace(/\/[^/]*$/, "")],
    ["PATCH", path],
    ["DELETE", path],
  ] as const;
  const publishable = Deno.env.get("SUPABASE_PUBLISHABLE_KEY") ?? "";
  const strangers: Record<string, string>[] = [
    {},
    { apikey: publishable },
    { authorization: `Bearer ${publishable}` },
    { authorization: `Bearer ${kit.token}` },
    { apikey: kit.secret },
  ];
  for (const [method, url] of calls) {
    for (const headers of strangers) {
      const response = await fetch(`${FUNCTIONS_URL}/provision${url}`, {
        method,
        headers,
        ...(method !== "DELETE" && {
          body: JSON.stringify({ kind: "http", target: HOOK }),
        }),
      });
      const { code } = await response.json();
      assert.deepEqual([response.status, code], [401, "not_authorized"]);
    }
  }
  assert.deepEqual(await routesOf(kit), kit.routes);
});

Deno.test("what waits for a route that is deleted is cancelled with its reason, and an exit among it is told", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await registerTo(HOOK, { queue: false });
  await hold(sql, kit);
  for (const action of ["BUY", "EXIT"]) {
    const { status } = await send(kit.urls.dedicated, alert(action, action));
    assert.equal(status, 202);
  }
  const deleted = await provision("DELETE", pathOf(kit));
  assert.deepEqual(deleted, {
    status: 200,
    body: { deleted: true, cancelled: 2 },
  });
  const waited = await dispatchesOf(sql, kit);
  assert.deepEqual(waited.map(({ status }) => status), [
    "cancelled",
    "cancelled",
  ]);
  const outcomes = await sql`
    select distinct outcome, error from signal_outcomes where strategy_id = ${kit.strategy.id}`;
  assert.deepEqual([...outcomes], [
    { outcome: "cancelled", error: "Its route was deleted" },
  ]);
  assert.deepEqual(await incidentsOf(sql, kit), ["exit_failed open"]);
  assert.deepEqual(await routesOf(kit), []);
  assert.equal((await provision("DELETE", pathOf(kit))).status, 404);
});

Deno.test("after its route is deleted a queue has what is in it", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const queue = kit.routes[0]!.target;
  await send(kit.urls.dedicated, "BUY");
  await provision("DELETE", pathOf(kit));
  const { body } = await send(kit.urls.dedicated, "SELL");
  assert.deepEqual(body["routes"], []);
  const claimed =
    await sql`select message from claim_signals(${queue}, 'tester')`;
  assert.deepEqual(claimed.map(({ message }) => message.action), ["buy"]);
});
