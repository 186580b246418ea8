import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import {
  ALERT,
  claimHeld,
  hold,
  registerTo,
  untilSettled,
  wake,
} from "../../support/deliveries.ts";
import { startBehindProxy } from "../../support/isolate.ts";
import {
  FUNCTIONS_URL,
  openDatabase,
  provision,
  register,
  send,
  until,
} from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";

Deno.test("a signal goes to its queue and its URL at once, signed, with its correlation id", async () => {
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  const answer = await send(kit.urls.dedicated, ALERT);
  assert.deepEqual(answer.body.routes, [
    `queue:${kit.routes[0]!.target}`,
    "http:127.0.0.1",
  ]);
  await until(() => sink.deliveries.length === 1, "a delivery");
  const [{ headers, text }] = sink.deliveries as [typeof sink.deliveries[0]];
  const route = kit.routes.find(({ kind }) => kind === "http")!;
  const message = new Webhook(route.secret!)
    .verify(text, Object.fromEntries(headers)) as Record<string, unknown>;
  assert.deepEqual(
    [message.signal_id, message.symbol, message.price],
    [answer.body.signal_id, "XAUUSD", 2411.35],
  );
  assert.equal(headers.get("x-correlation-id"), answer.body.correlation_id);
  assert.equal(headers.get("apikey"), null);
});

Deno.test("a delivery is settled, and its attempt recorded", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  const { body } = await send(kit.urls.dedicated, ALERT);
  const read = async () =>
    (await sql`
      select status, attempts, delivered_at is not null as is_delivered,
        (select array_agg(status_code) from dispatch_attempts where dispatch_id = dispatches.id) as codes
      from dispatches where signal_id = ${body.signal_id as string}`)[0];
  await until(async () => (await read())?.status !== "pending", "settled");
  assert.deepEqual({ ...await read() }, {
    status: "delivered",
    attempts: 1,
    "is_delivered": true,
    codes: [200],
  });
});

Deno.test("a filter lets through what it names and nothing else", async () => {
  await using sink = startSink();
  const kit = await register({
    queue: true,
    routes: [{
      kind: "http",
      target: sink.url,
      actions: ["buy"],
      symbols: ["OANDA:XAUUSD"],
      "min_confidence": 0.5,
    }],
  });
  const good = { signal: "BUY", symbol: "OANDA:XAUUSD", confidence: 0.5 };
  const cases = [
    [good, 2],
    [{ ...good, signal: "SELL" }, 1],
    [{ ...good, symbol: "XAUUSD" }, 1],
    [{ ...good, confidence: 0.49 }, 1],
    [{ signal: "BUY", symbol: "OANDA:XAUUSD" }, 1],
  ] as const;
  for (const [alert, routes] of cases) {
    const answer = await send(kit.urls.dedicated, JSON.stringify(alert));
    assert.equal((answer.body.routes as string[]).length, routes);
  }
});

Deno.test("an exit overtakes the entry that waits, and is delivered alone", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  await provision("PATCH", `/strategies/${kit.strategy.slug}`, {
    routes: [{ kind: "http", target: sink.url, enabled: false }],
  });
  const entry = await sql`select id from routes where target = ${sink.url}`;
  await sql`update routes set enabled = true where id = ${entry[0]!.id}`;
  await sql`insert into private.route_health (route_id, failures, paused_until)
    values (${entry[0]!.id}, 5, now() + interval '1 hour')`;
  await send(kit.urls.dedicated, '{"signal": "BUY", "symbol": "XAUUSD"}');
  await send(kit.urls.dedicated, '{"signal": "EXIT", "symbol": "XAUUSD"}');
  await send(kit.urls.dedicated, '{"signal": "BUY", "symbol": "EURUSD"}');
  await sql`delete from private.route_health where route_id = ${entry[0]!.id}`;
  await until(() => sink.deliveries.length >= 2, "two deliveries");
  const rows = await sql`
    select action, dispatches.symbol, dispatches.status from dispatches
    join signals on signals.id = signal_id
    where dispatches.strategy_id = ${kit.strategy.id} order by sequence`;
  await until(
    async () =>
      (await sql`select from dispatches where strategy_id = ${kit.strategy.id} and status = 'pending'`)
        .length === 0,
    "settled",
  );
  assert.equal(rows[0]!.status, "cancelled");
  const delivered = sink.deliveries.map(({ text }) => JSON.parse(text))
    .map(({ action, symbol }) => `${action} ${symbol}`);
  assert.deepEqual(delivered.sort(), ["buy EURUSD", "exit XAUUSD"]);
});

Deno.test("nobody but the project wakes the dispatch function", async () => {
  for (const headers of [{}, { apikey: "guess" }]) {
    const response = await fetch(`${FUNCTIONS_URL}/dispatch`, {
      method: "POST",
      headers,
    });
    const { code } = await response.json();
    assert.deepEqual([response.status, code], [401, "not_authorized"]);
  }
});

Deno.test("a signal goes to a queue, a function and a URL at once", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  await using isolate = await startBehindProxy("dispatch");
  const { proxy } = isolate;
  const kit = await register({
    queue: true,
    routes: [
      { kind: "http", target: sink.url },
      { kind: "function", target: "place-order", "send_secret_key": true },
    ],
  });
  await hold(sql, kit);
  const { body } = await send(kit.urls.dedicated, ALERT);
  const calls: { apikey: string | null; signal: unknown }[] = [];
  proxy.before = async (name, { headers, text }) => {
    if (name === "claim_dispatches") return await claimHeld(sql, kit);
    if (name !== "place-order") return;
    const apikey = headers.get("apikey");
    calls.push({ apikey, signal: JSON.parse(text).signal_id });
    return new Response("ok");
  };
  await wake(isolate.at(FUNCTIONS_URL));
  const dispatches = await untilSettled(sql, kit);
  assert.deepEqual(dispatches.map(({ status }) => status), [
    "delivered",
    "delivered",
  ]);
  const [queued] = await sql`
    select message ->> 'signal_id' as signal from pgmq.${
    sql(`q_${kit.routes.find(({ kind }) => kind === "queue")!.target}`)
  }`;
  const signal = body.signal_id;
  assert.equal(queued!.signal, signal);
  assert.equal(JSON.parse(sink.deliveries[0]!.text).signal_id, signal);
  assert.deepEqual(calls, [{
    apikey: Deno.env.get("SUPABASE_SECRET_KEY"),
    signal,
  }]);
});
