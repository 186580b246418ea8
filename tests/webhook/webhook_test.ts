import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { openDatabase, provision, register, send } from "../support/project.ts";

const ALERT = '{"signal": "BUY", "symbol": "OANDA:XAUUSD", "price": 2411.35}';

Deno.test("an accepted alert is in signals, webhook_requests and the queue, with one correlation id", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const answer = await send(kit.urls.dedicated, ALERT);
  assert.equal(answer.status, 202);
  const id = answer.body.correlation_id as string;
  assert.equal(answer.headers.get("x-correlation-id"), id);
  const queue = kit.strategy.slug.replaceAll("-", "_");
  assert.deepEqual(answer.body.routes, [`queue:${queue}`]);
  const [found] = await sql`
    select
      (select count(*)::int from signals where correlation_id = ${id}) as signals,
      (select count(*)::int from webhook_requests where correlation_id = ${id}) as requests,
      (select count(*)::int from ${sql(`pgmq.q_${queue}`)}
       where message ->> 'correlation_id' = ${id}
         and message ->> 'signal_id' = ${answer.body
    .signal_id as string}) as messages`;
  assert.deepEqual({ ...found }, { signals: 1, requests: 1, messages: 1 });
});

Deno.test("an accepted body comes back byte for byte", async () => {
  await using database = openDatabase();
  const kit = await register();
  const body =
    '﻿{ "signal":"BUY",\r\n"comment":"Ü 金 \\u00e9", "price":1.10 }\n';
  const answer = await send(kit.urls.dedicated, body);
  assert.equal(answer.status, 202);
  const [row] = await database.sql`
    select raw_body from webhook_requests
    where correlation_id = ${answer.body.correlation_id as string}`;
  assert.deepEqual(
    new Uint8Array(row!.raw_body),
    new TextEncoder().encode(body),
  );
});

Deno.test("the same alert again is answered as duplicate of the first", async () => {
  const kit = await register();
  const first = await send(kit.urls.dedicated, ALERT);
  const again = await send(kit.urls.dedicated, ALERT);
  assert.deepEqual(
    [again.status, again.body.status, again.body.signal_id],
    [200, "duplicate", first.body.signal_id],
  );
});

Deno.test("one alert sent a hundred times at once makes one signal", async () => {
  await using database = openDatabase();
  const kit = await register();
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => send(kit.urls.dedicated, ALERT)),
  );
  const accepted = answers.filter(({ status }) => status === 202);
  const duplicates = answers.filter(({ status }) => status === 200);
  assert.deepEqual([accepted.length, duplicates.length], [1, 99]);
  const [row] = await database.sql`
    select count(*)::int as signals from signals
    where strategy_id = ${kit.strategy.id}`;
  assert.equal(row!.signals, 1);
});

Deno.test("a paused strategy's alerts are recorded and not queued", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register({ status: "paused" });
  const answer = await send(kit.urls.dedicated, ALERT);
  assert.deepEqual([answer.status, answer.body.status, answer.body.routes], [
    202,
    "suppressed",
    [],
  ]);
  const queue = sql(`pgmq.q_${kit.routes[0]!.target}`);
  const [row] = await sql`select count(*)::int as messages from ${queue}`;
  assert.equal(row!.messages, 0);
});

Deno.test("a test alert is recorded and not queued", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const answer = await send(
    kit.urls.dedicated,
    '{"signal": "BUY", "test": true}',
  );
  assert.equal(answer.status, 202);
  const queue = sql(`pgmq.q_${kit.routes[0]!.target}`);
  const [row] = await sql`select count(*)::int as messages from ${queue}`;
  assert.equal(row!.messages, 0);
});

Deno.test("a queue that was dropped by hand does not lose the signal and opens an incident", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const queue = kit.routes[0]!.target;
  await sql`select pgmq.drop_queue(${queue})`;
  const answer = await send(kit.urls.dedicated, ALERT);
  assert.deepEqual([answer.status, answer.body.routes], [202, []]);
  const [incident] = await sql`
    select kind, status, subject from incidents
    where strategy_id = ${kit.strategy.id}`;
  assert.deepEqual({ ...incident }, {
    kind: "route_down",
    status: "open",
    subject: kit.routes[0]!.id,
  });
});

Deno.test("an alert signed as Standard Webhooks is accepted, and its id counts once", async () => {
  const kit = await register({ "auth_methods": ["hmac"] });
  const url = kit.urls.dedicated.split("?")[0]!;
  const at = new Date();
  const id = crypto.randomUUID();
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(kit.secret).sign(id, at, ALERT),
  };
  assert.equal((await send(url, ALERT, headers)).status, 202);
  const again = await send(url, ALERT, headers);
  assert.deepEqual([again.status, again.body.status], [200, "duplicate"]);
  assert.equal((await send(url, `${ALERT} `, headers)).status, 401);
});

Deno.test("a change of the strategy counts for the next alert", async () => {
  const kit = await register();
  assert.equal((await send(kit.urls.dedicated, ALERT)).status, 202);
  await provision("PATCH", `/strategies/${kit.strategy.slug}`, {
    status: "archived",
  });
  assert.equal((await send(kit.urls.dedicated, `${ALERT} `)).status, 401);
  await provision("PATCH", `/strategies/${kit.strategy.slug}`, {
    status: "active",
  });
  assert.equal((await send(kit.urls.dedicated, `${ALERT} `)).status, 202);
});

Deno.test("an unknown command of a comma line is answered 422, not guessed", async () => {
  const kit = await register();
  const answer = await send(kit.urls.dedicated, "60123456,buystop,EURUSD");
  assert.deepEqual([answer.status, answer.body.code], [422, "invalid_alert"]);
});

Deno.test("a payload that the strategy's schema forbids is answered 422", async () => {
  const kit = await register({
    "payload_schema": {
      type: "object",
      properties: { symbol: { const: "EURUSD" } },
      required: ["symbol"],
    },
  });
  const answer = await send(kit.urls.dedicated, ALERT);
  assert.deepEqual([answer.status, answer.body.code], [422, "invalid_alert"]);
  const good = await send(
    kit.urls.dedicated,
    '{"signal": "BUY", "symbol": "EURUSD"}',
  );
  assert.equal(good.status, 202);
});

Deno.test("an alert that fired longer ago than the strategy allows is answered stale_alert", async () => {
  const kit = await register({ "max_alert_lag": 60 });
  const fired = new Date(Date.now() - 120_000).toISOString();
  const answer = await send(
    kit.urls.dedicated,
    JSON.stringify({ signal: "BUY", timenow: fired }),
  );
  assert.deepEqual([answer.status, answer.body.code], [422, "stale_alert"]);
});
