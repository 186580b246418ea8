/** Targets that are down: when a signal is tried again, expires or pauses its route. */
import assert from "node:assert/strict";
import {
  ALERT,
  alert,
  dispatchesOf,
  hold,
  incidentsOf,
  pass,
  registerTo,
  release,
  untilDispatches,
  untilSettled,
  untilTried,
  wake,
} from "../support/deliveries.ts";
import {
  type Kit,
  openDatabase,
  provision,
  send,
  until,
} from "../support/project.ts";
import { startSink } from "../support/sink.ts";

const SCHEDULE_S = [5, 30, 120, 600, 3600, ...Array(9).fill(3 * 3600)];

Deno.test("through an outage a signal is tried again after 5 s, 30 s, 2 min, 10 min, 1 h and every 3 h, then it is dead", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  sink.answer = () => new Response("", { status: 503 });
  const kit = await registerTo(sink.url, { "max_signal_age": "7 days" });
  await send(kit.urls.dedicated, ALERT);
  const waits: number[] = [];
  for (let attempt = 1; attempt <= SCHEDULE_S.length; attempt++) {
    const [dispatch] = await untilDispatches(
      sql,
      kit,
      ([only]) => only!.attempts === attempt,
      `attempt ${attempt}`,
    );
    waits.push(dispatch!.wait);
    await pass(sql, kit, Math.max(dispatch!.wait, 300) + 1);
    await wake();
  }
  const [dead] = await untilSettled(sql, kit);
  assert.deepEqual([dead!.status, dead!.attempts], ["dead", 15]);
  const misses = waits.filter((wait, n) =>
    wait < SCHEDULE_S[n]! * 0.89 || wait > SCHEDULE_S[n]! * 1.11 + 1
  );
  assert.deepEqual(misses, [], `${waits}`);
  const ids = new Set(sink.deliveries.map(({ id }) => id));
  assert.deepEqual([sink.deliveries.length, ids.size], [15, 1]);
});

Deno.test("what expired during an outage is not delivered after it", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  sink.answer = () => new Response("", { status: 503 });
  const kit = await registerTo(sink.url, { "max_signal_age": "2 days" });
  const { body } = await send(kit.urls.dedicated, ALERT);
  await untilTried(sql, kit);
  sink.answer = () => new Response("ok");
  await pass(sql, kit, 2 * 24 * 3600);
  await wake();
  const [dispatch] = await untilSettled(sql, kit);
  assert.equal(dispatch!.status, "expired");
  assert.equal(sink.deliveries.length, 1);
  const [signal] = await sql`
    select status from signals where id = ${body.signal_id as string}`;
  assert.equal(signal!.status, "expired");
  assert.ok((await incidentsOf(sql, kit)).includes("signal_expired open"));
});

Deno.test("a signal whose next attempt would come too late expires at once", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  sink.answer = () => new Response("", { status: 503 });
  const kit = await registerTo(sink.url, { "max_signal_age": "4 seconds" });
  await send(kit.urls.dedicated, ALERT);
  const [dispatch] = await untilSettled(database.sql, kit);
  assert.deepEqual([dispatch!.status, dispatch!.attempts], ["expired", 1]);
});

const MINUTE_MS = 60_000;
const RETRY_AFTER: [
  what: string,
  header: () => string,
  from: number,
  to: number,
][] = [
  ["in seconds", () => "120", 120, 123],
  [
    "as a date",
    () => new Date(Date.now() + 10 * MINUTE_MS).toUTCString(),
    595,
    603,
  ],
  ["beyond a day as a day", () => "999999999", 86400, 86403],
  ["that is shorter than ours as ours", () => "1", 4.4, 7],
  ["that makes no sense as ours", () => "soon", 4.4, 7],
];

for (const [what, header, from, to] of RETRY_AFTER) {
  Deno.test(`retry-after ${what} is honoured`, async () => {
    await using database = openDatabase();
    await using sink = startSink();
    sink.answer = () =>
      new Response("", { status: 429, headers: { "retry-after": header() } });
    const kit = await registerTo(sink.url, { "max_signal_age": "7 days" });
    await send(kit.urls.dedicated, ALERT);
    const [dispatch] = await untilTried(database.sql, kit);
    const { wait } = dispatch!;
    assert.ok(wait >= from && wait <= to, `It waits ${wait} s`);
  });
}

/** A strategy whose six signals are refused, until the route pauses. */
async function pausedRoute(
  sink: ReturnType<typeof startSink>,
  database: ReturnType<typeof openDatabase>,
): Promise<Kit> {
  sink.answer = () => new Response("", { status: 500 });
  const kit = await registerTo(sink.url);
  await hold(database.sql, kit);
  for (let n = 0; n < 6; n++) {
    await send(kit.urls.dedicated, alert("BUY", `S${n}`));
  }
  await release(database.sql, kit);
  await wake();
  await untilTried(database.sql, kit);
  return kit;
}

Deno.test("a route that fails five times pauses and opens one incident", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const kit = await pausedRoute(sink, database);
  const [health] = await database.sql`
    select failures, extract(epoch from paused_until - now())::float8 as pause
    from private.route_health join routes on routes.id = route_id
    where strategy_id = ${kit.strategy.id}`;
  assert.equal(health!.failures, 5);
  assert.ok(health!.pause > 0 && health!.pause <= 5, `${health!.pause} s`);
  assert.deepEqual(await incidentsOf(database.sql, kit), ["route_down open"]);
});

Deno.test("a route that was paused gets one dispatch at a time, and is whole when it takes it", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const kit = await pausedRoute(sink, database);
  const gate = Promise.withResolvers<void>();
  sink.deliveries.length = 0;
  sink.answer = async () => {
    await gate.promise;
    return new Response("ok");
  };
  await pass(sql, kit, 60);
  await wake();
  await until(() => sink.deliveries.length > 0, "a delivery");
  await wake();
  const leased = (await dispatchesOf(sql, kit)).filter(({ leased }) => leased);
  assert.equal(leased.length, 1);
  gate.resolve();
  const all = await untilSettled(sql, kit);
  assert.deepEqual(new Set(all.map(({ status }) => status)).size, 1);
  assert.deepEqual(await incidentsOf(sql, kit), ["route_down resolved"]);
});

Deno.test("a dispatch on a disabled route waits, and expires", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  await hold(sql, kit);
  await send(kit.urls.dedicated, ALERT);
  await provision("PATCH", `/strategies/${kit.strategy.slug}`, {
    routes: [{ kind: "http", target: sink.url, enabled: false }],
  });
  await release(sql, kit);
  await wake();
  assert.equal((await dispatchesOf(sql, kit))[0]!.status, "pending");
  await pass(sql, kit, 300);
  await wake();
  const [dispatch] = await untilSettled(sql, kit);
  assert.deepEqual([dispatch!.status, sink.deliveries.length], ["expired", 0]);
});
