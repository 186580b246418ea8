import assert from "node:assert/strict";
import {
  alert,
  hold,
  registerTo,
  release,
  rpc,
  untilDispatches,
  untilSettled,
  wake,
} from "../../support/deliveries.ts";
import { openDatabase, register, send, until } from "../../support/project.ts";
import { type Sink, startSink } from "../../support/sink.ts";

const delivered = ({ deliveries }: Sink) =>
  deliveries.map(({ text }) => JSON.parse(text))
    .map(({ action, symbol, price }) => ({
      what: `${action} ${symbol}`,
      price,
    }));
const whatOf = (sink: Sink) => delivered(sink).map(({ what }) => what);

Deno.test("signals of a symbol are delivered in order, one at a time", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  let underWay = 0;
  let most = 0;
  sink.answer = async () => {
    most = Math.max(most, ++underWay);
    await new Promise((wake) => setTimeout(wake, 5));
    underWay--;
    return new Response("ok");
  };
  const kit = await registerTo(sink.url);
  for (let n = 0; n < 8; n++) {
    await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  }
  await untilSettled(database.sql, kit);
  const prices = delivered(sink).map(({ price }) => price);
  assert.deepEqual(prices, prices.toSorted((one, other) => one - other));
  assert.deepEqual([prices.length, most], [8, 1]);
});

Deno.test("what failed is not overtaken by a younger signal of its symbol, but by those of others", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  sink.answer = ({ text }) =>
    new Response("", { status: text.includes("XAUUSD") ? 500 : 200 });
  const kit = await registerTo(sink.url);
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  await send(kit.urls.dedicated, alert("SELL", "XAUUSD"));
  await send(kit.urls.dedicated, alert("BUY", "EURUSD"));
  const all = await untilDispatches(
    database.sql,
    kit,
    ([first, , third]) =>
      first?.attempts === 1 && third?.status === "delivered",
    "the other symbol's delivery",
  );
  assert.deepEqual(all.map(({ attempts }) => attempts), [1, 0, 1]);
});

Deno.test("across symbols exits are delivered first", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  await hold(sql, kit);
  for (const symbol of ["A", "B", "C"]) {
    await send(kit.urls.dedicated, alert("BUY", symbol));
  }
  await send(kit.urls.dedicated, alert("EXIT", "D"));
  // One at a time shows which is first.
  await sql`
    update private.route_health set failures = 5, paused_until = null
    where route_id in (select id from routes where strategy_id = ${kit.strategy.id})`;
  await wake();
  await untilSettled(sql, kit);
  assert.equal(whatOf(sink)[0], "exit D");
});

Deno.test("an entry that is under way when its exit comes is not tried again", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const gate = Promise.withResolvers<void>();
  sink.answer = async ({ text }) => {
    if (JSON.parse(text).action === "exit") return new Response("ok");
    await gate.promise;
    return new Response("", { status: 500 });
  };
  const kit = await registerTo(sink.url);
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  await until(() => sink.deliveries.length === 1, "the entry under way");
  await send(kit.urls.dedicated, alert("EXIT", "XAUUSD"));
  await wake();
  assert.deepEqual(whatOf(sink), ["buy XAUUSD"]);
  gate.resolve();
  const all = await untilSettled(sql, kit);
  assert.deepEqual(all.map(({ status }) => status), ["cancelled", "delivered"]);
  assert.deepEqual(whatOf(sink), ["buy XAUUSD", "exit XAUUSD"]);
});

Deno.test("an entry that waits for its next try is cancelled by its exit, which goes at once", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  sink.answer = ({ text }) =>
    new Response("", { status: text.includes('"exit"') ? 200 : 500 });
  const kit = await registerTo(sink.url);
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  await untilDispatches(
    sql,
    kit,
    ([entry]) => entry!.attempts === 1,
    "a failure",
  );
  await send(kit.urls.dedicated, alert("EXIT", "XAUUSD"));
  const all = await untilSettled(sql, kit);
  assert.deepEqual(all.map(({ status }) => status), ["cancelled", "delivered"]);
});

Deno.test("another strategy's signals of the same symbol wait for nothing", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const one = await registerTo(sink.url);
  const other = await registerTo(sink.url);
  await hold(sql, one);
  await send(one.urls.dedicated, alert("BUY", "XAUUSD"));
  await send(other.urls.dedicated, alert("BUY", "XAUUSD"));
  const [dispatch] = await untilSettled(sql, other);
  assert.equal(dispatch!.status, "delivered");
  await release(sql, one);
});

interface Message {
  "message_id": number;
  receipt: number;
  message: { action: string; symbol: string };
}

function claim(queue: string, quantity = 10): Promise<Message[]> {
  return rpc<Message[]>("claim_signals", { queue, worker: "test", quantity });
}
const what = (messages: Message[]) =>
  messages.map(({ message }) => `${message.action} ${message.symbol}`);

Deno.test("an entry in a queue's backlog is cancelled by its exit, which is handed out", async () => {
  await using database = openDatabase();
  const kit = await register();
  const queue = kit.routes[0]!.target;
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  await send(kit.urls.dedicated, alert("EXIT", "XAUUSD"));
  assert.deepEqual(what(await claim(queue)), ["exit XAUUSD"]);
  const outcomes = await database.sql`
    select outcome, reads from queue_outcomes where queue = ${queue}`;
  assert.deepEqual(outcomes.map((row) => ({ ...row })), [{
    outcome: "cancelled",
    reads: 0,
  }]);
});

Deno.test("exits are handed out first, across symbols", async () => {
  const kit = await register();
  for (const symbol of ["A", "B"]) {
    await send(kit.urls.dedicated, alert("BUY", symbol));
  }
  await send(kit.urls.dedicated, alert("EXIT", "C"));
  const claimed = await claim(kit.routes[0]!.target);
  assert.deepEqual(what(claimed), ["exit C", "buy A", "buy B"]);
});

Deno.test("while an older signal of a symbol is leased, no other of it is handed out", async () => {
  const kit = await register();
  const queue = kit.routes[0]!.target;
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  const [first] = await claim(queue);
  await send(kit.urls.dedicated, alert("EXIT", "XAUUSD"));
  await send(kit.urls.dedicated, alert("BUY", "EURUSD"));
  assert.deepEqual(what(await claim(queue)), ["buy EURUSD"]);
  const { message_id, receipt } = first!;
  await rpc("complete_signal", { queue, "message_id": message_id, receipt });
  assert.deepEqual(what(await claim(queue)), ["exit XAUUSD"]);
});

Deno.test("an entry that a worker gave back is cancelled by its exit, which is handed out at once", async () => {
  const kit = await register();
  const queue = kit.routes[0]!.target;
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  const [{ message_id, receipt }] = await claim(queue) as [Message];
  const failed = { queue, "message_id": message_id, receipt, error: "no" };
  await rpc("fail_signal", { ...failed, "retry_in": "1 hour" });
  await send(kit.urls.dedicated, alert("EXIT", "XAUUSD"));
  assert.deepEqual(what(await claim(queue)), ["exit XAUUSD"]);
});
