/** Targets that do not take a signal: they are not called for ever, and one that is gone not at all. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import {
  alert,
  dispatchesOf,
  incidentsOf,
  registerTo,
  untilDispatches,
  wake,
} from "../support/deliveries.ts";
import {
  type Kit,
  openDatabase,
  provision,
  send,
  until,
} from "../support/project.ts";
import { type Sink, startSink } from "../support/sink.ts";

/** Signals that outlast the waits between attempts. */
const SLOW = { queue: false, "max_signal_age": "1 day" };

/** Lets the first dispatch be tried until it has had so many attempts. */
async function tryUntil(sql: Sql, kit: Kit, attempts: number): Promise<void> {
  for (let tried = 1; tried <= attempts; tried++) {
    await untilDispatches(
      sql,
      kit,
      ([first]) => first!.attempts >= tried,
      `attempt ${tried}`,
    );
    if (tried === attempts) return;
    await sql`
      update dispatches set next_attempt_at = now()
      where strategy_id = ${kit.strategy.id} and status = 'pending' and leased_until is null`;
    await sql`
      update private.route_health set paused_until = null
      where route_id in (select id from routes where strategy_id = ${kit.strategy.id})`;
    await wake();
  }
}

async function routeOf({ strategy }: Kit): Promise<Kit["routes"][number]> {
  const path = `/strategies/${strategy.slug}`;
  const { body } = await provision<{ strategy: Kit }>("GET", path);
  return body.strategy.routes[0]!;
}

async function registerGone(sink: Sink): Promise<Kit> {
  sink.answer = () => new Response("moved away", { status: 410 });
  return await registerTo(sink.url, { queue: false });
}

/** Sends three alerts of different symbols, each of which the target answers. */
async function sendThree({ urls }: Kit): Promise<void> {
  for (const symbol of ["A", "B", "C"]) {
    await send(urls.dedicated, alert("BUY", symbol));
  }
}

Deno.test("three answers 410 in a row turn a route off: what waits is dead with its reason, and operators see since when", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const kit = await registerGone(sink);
  await send(kit.urls.dedicated, alert("BUY", "A"));
  await tryUntil(sql, kit, 2);
  assert.equal((await routeOf(kit)).enabled, true);
  await send(kit.urls.dedicated, alert("EXIT", "B"));
  await until(async () => !(await routeOf(kit)).enabled, "a route that is off");
  const route = await routeOf(kit);
  assert.deepEqual([route.enabled, route.is_gone], [false, true]);
  assert.ok(Date.parse(route.disabled_at!) <= Date.now());
  const outcomes = await sql`
    select distinct outcome, error from signal_outcomes where strategy_id = ${kit.strategy.id}`;
  assert.deepEqual([...outcomes], [
    { outcome: "dead", error: "The route is off: its target is gone" },
  ]);
  assert.deepEqual((await incidentsOf(sql, kit)).sort(), [
    "exit_failed open",
    "route_disabled open",
  ]);
});

Deno.test("a route that is off gets nothing until an operator turns it on, by that word alone", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const kit = await registerGone(sink);
  await sendThree(kit);
  await until(async () => !(await routeOf(kit)).enabled, "a route that is off");
  const { slug } = kit.strategy;
  const { id } = kit.routes[0]!;
  const path = `/strategies/${slug}/routes/${id}`;
  const off = await send(kit.urls.dedicated, alert("BUY", "D"));
  assert.deepEqual(off.body["routes"], []);
  const same = { kind: "http", target: sink.url };
  await provision("PATCH", `/strategies/${slug}`, { routes: [same] });
  await provision("POST", `/strategies`, {
    name: kit.strategy.name,
    routes: [same],
  });
  const { body } = await provision<{ warnings: string[] }>("PATCH", path, {
    target: `${sink.url}/moved`,
  });
  assert.match(body.warnings[0]!, /still off.* enabled: true/);
  assert.equal((await routeOf(kit)).enabled, false);
  sink.answer = () => new Response("here");
  sink.deliveries.length = 0;
  await provision("PATCH", path, { enabled: true });
  await send(kit.urls.dedicated, alert("BUY", "E"));
  await until(() => sink.deliveries.length === 1, "a delivery");
  assert.deepEqual(await incidentsOf(sql, kit), ["route_disabled resolved"]);
});

Deno.test("an answer between two 410 begins the count anew", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const statuses = [410, 410, 500, 410, 410, 200];
  const kit = await registerTo(sink.url, SLOW);
  sink.answer = () =>
    new Response("", { status: statuses[sink.deliveries.length - 1]! });
  await send(kit.urls.dedicated, alert("BUY", "A"));
  await tryUntil(sql, kit, 6);
  const [dispatch] = await dispatchesOf(sql, kit);
  assert.deepEqual([dispatch!.status, dispatch!.codes], [
    "delivered",
    statuses,
  ]);
  assert.equal((await routeOf(kit)).enabled, true);
});

for (const status of [400, 401, 403, 404, 422]) {
  Deno.test(`what a target answers with ${status} is given up after six times, which its end says`, async () => {
    await using database = openDatabase();
    const { sql } = database;
    await using sink = startSink();
    sink.answer = () => new Response("my own secret", { status });
    const kit = await registerTo(sink.url, SLOW);
    await send(kit.urls.dedicated, alert("BUY", "A"));
    await tryUntil(sql, kit, 5);
    assert.equal((await dispatchesOf(sql, kit))[0]!.status, "pending");
    await tryUntil(sql, kit, 6);
    const why = `The target refused it 6 times, the last time with ${status}`;
    const [row] = await sql`
      select outcome, error, (select details ->> 'meaning' from incidents
        where kind = 'dead_letters' and strategy_id = ${kit.strategy.id}) as told
      from signal_outcomes where strategy_id = ${kit.strategy.id}`;
    assert.deepEqual({ ...row }, { outcome: "dead", error: why, told: why });
  });
}
