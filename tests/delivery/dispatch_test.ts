import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import {
  ALERT,
  claimHeld,
  hold,
  registerTo,
  untilSettled,
  wake,
} from "../support/deliveries.ts";
import { type ProxiedCall, startBehindProxy } from "../support/isolate.ts";
import {
  FUNCTIONS_URL,
  type Kit,
  openDatabase,
  provision,
  register,
  SECRET_KEY,
  send,
  until,
} from "../support/project.ts";
import { startSink } from "../support/sink.ts";

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

const REFUSALS: [why: string, answer: () => Response, error: RegExp][] = [
  [
    "500",
    () => new Response("broken", { status: 500 }),
    /answered 500: broken/,
  ],
  [
    "a redirect",
    () => Response.redirect("http://127.0.0.1:1/"),
    /302: redirects are not followed/,
  ],
];

for (const [why, answer, error] of REFUSALS) {
  Deno.test(`a target that answers ${why} is tried again`, async () => {
    await using database = openDatabase();
    const { sql } = database;
    await using sink = startSink();
    sink.answer = answer;
    const kit = await registerTo(sink.url);
    const { body } = await send(kit.urls.dedicated, ALERT);
    const read = async () =>
      (await sql`
        select dispatches.status, error, next_attempt_at - now() as wait
        from dispatches join dispatch_attempts on dispatch_id = dispatches.id
        where signal_id = ${body.signal_id as string}`)[0];
    await until(async () => await read() !== undefined, "an attempt");
    const attempt = await read();
    assert.equal(attempt!.status, "pending");
    assert.match(attempt!.error, error);
  });
}

Deno.test("what failed is delivered later under the same id", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  sink.answer = () =>
    new Response("", { status: sink.deliveries.length > 1 ? 200 : 503 });
  const kit = await registerTo(sink.url);
  const { body } = await send(kit.urls.dedicated, ALERT);
  const signal = body.signal_id as string;
  await until(
    async () =>
      (await sql`select from dispatches where signal_id = ${signal} and attempts = 1`)
        .length === 1,
    "the first attempt",
  );
  // Five seconds on; cron wakes the function.
  await sql`update dispatches set next_attempt_at = now() where signal_id = ${signal}`;
  await until(() => sink.deliveries.length === 2, "the second attempt");
  const [first, second] = sink.deliveries;
  assert.equal(first!.id, second!.id);
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

const FORBIDDEN = [
  "http://example.com/hook",
  "https://10.0.0.1/hook",
  "https://172.16.0.1/hook",
  "https://192.168.1.1/hook",
  "https://169.254.169.254/latest/meta-data",
  "https://100.64.0.1/hook",
  "https://[fd00::1]/hook",
  "https://[::ffff:10.0.0.1]/hook",
  "https://[64:ff9b::a00:1]/hook",
  "https://0/hook",
  "https://167772161/hook",
  "https://0012.0.0.1/hook",
  "https://user@example.com/hook",
  "https://example.com:22/hook",
  "https://metadata/hook",
  "ftp://example.com/hook",
];

for (const target of FORBIDDEN) {
  Deno.test(`a route to ${target} is refused`, async () => {
    const { status, body } = await provision<{ code: string }>(
      "POST",
      "/strategies",
      { name: "Never registered", routes: [{ kind: "http", target }] },
    );
    assert.deepEqual([status, body.code], [422, "invalid_request"]);
  });
}

Deno.test("a route to a function that is not there is registered with a warning", async () => {
  const kit = await register({
    routes: [{ kind: "function", target: "not-deployed" }],
  }) as Kit & { warnings: string[] };
  assert.match(kit.warnings[0]!, /"not-deployed" answers 404 to a GET/);
});

/** Registers a route to a function that answers a probe so; its warnings, and the probes. */
async function probed(answer: () => Response) {
  const probes: ProxiedCall[] = [];
  await using isolate = await startBehindProxy("provision");
  isolate.proxy.before = (name, call) => {
    if (name !== "place-order") return;
    probes.push(call);
    return answer();
  };
  const response = await fetch(
    isolate.at(`${FUNCTIONS_URL}/provision/strategies`),
    {
      method: "POST",
      headers: { apikey: SECRET_KEY },
      body: JSON.stringify({
        name: `Probed ${crypto.randomUUID()}`,
        routes: [{ kind: "function", target: "place-order" }],
      }),
    },
  );
  const { warnings } = await response.json();
  return { warnings, probes };
}

Deno.test("a route to a function that wants a user's token is registered with a warning", async () => {
  const { warnings } = await probed(() =>
    Response.json({ code: 401, message: "Missing authorization header" }, {
      status: 401,
    })
  );
  assert.match(warnings[0], /"place-order" .*set verify_jwt = false/);
});

Deno.test("a function is probed once, by a GET without key, body or redirects", async () => {
  const { warnings, probes } = await probed(() =>
    Response.redirect("http://127.0.0.1:9/", 307)
  );
  assert.equal(warnings, undefined);
  const [probe] = probes;
  assert.equal(probes.length, 1);
  assert.deepEqual([probe!.method, probe!.text], ["GET", ""]);
  for (const name of ["apikey", "authorization", "webhook-signature"]) {
    assert.equal(probe!.headers.get(name), null);
  }
});

Deno.test("a signal goes to a queue, a function and a URL at once", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  await using isolate = await startBehindProxy("dispatch");
  const { proxy } = isolate;
  const kit = await register({
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
