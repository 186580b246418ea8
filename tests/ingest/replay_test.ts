import assert from "node:assert/strict";
import {
  alert,
  registerTo,
  untilDispatches,
  untilSettled,
  wake,
} from "../support/deliveries.ts";
import {
  openDatabase,
  provision,
  register,
  send,
  until,
} from "../support/project.ts";
import { startSink } from "../support/sink.ts";
import { delivered, signalsAt } from "./replays.ts";

interface Replayed {
  "replay_id": string;
  signals: number;
  done: boolean;
}

async function replay(which: Record<string, unknown>): Promise<Replayed> {
  const { body } = await provision<Replayed>("POST", "/replay", which);
  return body;
}

Deno.test("signals are replayed by their ids", async () => {
  await using sink = startSink();
  const { ids } = await delivered(sink, 3);
  const { signals } = await replay({ "signal_ids": ids.slice(0, 2) });
  await until(() => sink.deliveries.length === 2, "two deliveries");
  assert.equal(signals, 2);
  assert.deepEqual(signalsAt(sink), ids.slice(0, 2).sort());
});

Deno.test("signals are replayed by strategy and time range", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const { kit, ids } = await delivered(sink, 3);
  const [row] = await database.sql`
    select received_at from signals where id = ${ids[1]!}`;
  // A time of JavaScript has no microseconds: from is before the second signal, to after it.
  const from = new Date(row!.received_at).toISOString();
  const to = new Date(row!.received_at.getTime() + 1).toISOString();
  const { signals } = await replay({ strategy: kit.strategy.name, from, to });
  assert.equal(signals, 1);
  await until(() => sink.deliveries.length === 1, "a delivery");
  assert.deepEqual(signalsAt(sink), [ids[1]]);
});

Deno.test("signals are replayed by status", async () => {
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  const path = `/strategies/${kit.strategy.slug}`;
  await provision("PATCH", path, { status: "paused" });
  const { body } = await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  await provision("PATCH", path, { status: "active" });
  await send(kit.urls.dedicated, alert("BUY", "EURUSD"));
  await until(() => sink.deliveries.length === 1, "the accepted one");
  sink.deliveries.length = 0;
  await replay({ strategy: kit.strategy.slug, status: "suppressed" });
  await until(() => sink.deliveries.length === 1, "the suppressed one");
  assert.deepEqual(signalsAt(sink), [body.signal_id]);
});

Deno.test("a replay has an id of its own, which targets see, and a webhook-id of its own", async () => {
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  const { body } = await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  await until(() => sink.deliveries.length === 1, "a delivery");
  const { replay_id } = await replay({ "signal_ids": [body.signal_id] });
  await until(() => sink.deliveries.length === 2, "the replay");
  const [first, second] = sink.deliveries;
  assert.notEqual(first!.id, second!.id);
  assert.equal(JSON.parse(first!.text).replay_id, undefined);
  assert.equal(JSON.parse(second!.text).replay_id, replay_id);
});

Deno.test("dedupe has no say in a replay, however often", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const { kit, ids } = await delivered(sink, 1);
  await replay({ "signal_ids": ids });
  await replay({ "signal_ids": ids });
  await until(() => sink.deliveries.length === 2, "two replays");
  const all = await untilSettled(database.sql, kit);
  assert.deepEqual(all.map(({ status }) => status), Array(3).fill("delivered"));
});

Deno.test("a replay's age runs anew", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const { kit, ids } = await delivered(sink, 1);
  await database.sql`
    update signals set received_at = now() - interval '1 day', expires_at = now() - interval '1 day'
    where id = any (${ids})`;
  await replay({ "signal_ids": ids });
  const all = await untilSettled(database.sql, kit);
  assert.deepEqual(all.map(({ status }) => status), ["delivered", "delivered"]);
});

Deno.test("a replay is in the audit: who, what and how many", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const { kit } = await delivered(sink, 2);
  const { replay_id } = await replay({ strategy: kit.strategy.slug });
  const [event] = await database.sql`
    select strategy_id, event, details, actor from strategy_events
    where details ->> 'replay_id' = ${replay_id}`;
  assert.deepEqual(
    [event!.strategy_id, event!.event, event!.details.signals],
    [kit.strategy.id, "signals_replayed", 2],
  );
  assert.ok(event!.actor, "It says who");
});

Deno.test("what died on a route is replayed there, once", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using good = startSink();
  await using bad = startSink();
  bad.answer = () => new Response("", { status: 500 });
  const kit = await registerTo([good.url, bad.url]);
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  await untilDispatches(
    sql,
    kit,
    (all) => all.every(({ attempts }) => attempts === 1),
    "an attempt each",
  );
  await sql`
    update dispatches set attempts = 14, next_attempt_at = now()
    where strategy_id = ${kit.strategy.id} and status = 'pending'`;
  await wake();
  await untilSettled(sql, kit);
  bad.answer = () => new Response("ok");
  const which = { strategy: kit.strategy.slug, status: "dead" };
  const first = await replay(which);
  const second = await replay(which);
  assert.deepEqual([first.signals, second.signals], [1, 0]);
  const all = await untilSettled(sql, kit);
  assert.deepEqual(
    all.map(({ status }) => status).sort(),
    ["dead", "delivered", "delivered"],
  );
  assert.deepEqual([good.deliveries.length, bad.deliveries.length], [1, 3]);
});

Deno.test("a replay of more signals than one step takes is one call", async () => {
  await using database = openDatabase();
  const { strategy, routes } = await register();
  await database.sql`
    insert into signals (id, strategy_id, request_id, correlation_id, status, action, received_at, expires_at, payload)
    select gen_random_uuid(), ${strategy.id}, gen_random_uuid(), gen_random_uuid(), 'accepted', 'hold',
      now() - make_interval(secs => n), now(), '{}'
    from generate_series(1, 2500) as n`;
  const { signals, done } = await replay({ strategy: strategy.slug });
  assert.deepEqual([signals, done], [2500, true]);
  const [sent] = await database.sql.unsafe(`
    select count(*)::int, count(distinct message ->> 'signal_id')::int as signals
    from pgmq.q_${routes[0]!.target}`);
  assert.deepEqual({ ...sent }, { count: 2500, signals: 2500 });
});

Deno.test("a replay that is repeated under its id sends nothing twice", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const { kit, ids } = await delivered(sink, 3);
  const which = { "signal_ids": ids, "replay_id": crypto.randomUUID() };
  const answers = await Promise.all([replay(which), replay(which)]);
  answers.push(await replay({ "replay_id": which.replay_id }));
  assert.deepEqual(
    answers,
    Array(3).fill({ "replay_id": which.replay_id, signals: 3, done: true }),
  );
  await untilSettled(database.sql, kit);
  assert.deepEqual(signalsAt(sink), ids.toSorted());
});

Deno.test("test signals reach no route, not even by a replay", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const { ids } = await delivered(sink, 1);
  await database.sql`update signals set is_test = true where id = any (${ids})`;
  assert.equal((await replay({ "signal_ids": ids })).signals, 0);
});

Deno.test("a replay that says not which signals is refused", async () => {
  const { status, body } = await provision<{ code: string }>(
    "POST",
    "/replay",
    {},
  );
  assert.deepEqual([status, body.code], [422, "invalid_request"]);
});
