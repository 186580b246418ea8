import assert from "node:assert/strict";
import {
  ALERT,
  alert,
  claimHeld,
  dispatchesOf,
  hold,
  incidentsOf,
  pass,
  registerTo,
  release,
  type RouteKit,
  untilDispatches,
  untilSettled,
  untilTried,
  wake,
} from "./deliveries.ts";
import { startApiProxy, startIsolate } from "./isolate.ts";
import {
  FUNCTIONS_URL,
  openDatabase,
  provision,
  register,
  send,
  until,
} from "./project.ts";
import { startSink } from "./sink.ts";

/** A target that is none: what it does to a connection is up to the test. */
function startListener(
  onConnection: (connection: Deno.TcpConn) => Promise<void> | void,
): { port: number } & Disposable {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  (async () => {
    for await (const connection of listener) {
      Promise.resolve(onConnection(connection)).catch(() => {});
    }
  })();
  return { port: listener.addr.port, [Symbol.dispose]: () => listener.close() };
}

/** Reads the request, writes `start`, then `bytes` one by one until the other side hangs up. */
function drip(start: string, bytes: string) {
  const encode = new TextEncoder();
  return async (connection: Deno.TcpConn) => {
    using open = connection;
    await open.read(new Uint8Array(65536));
    await open.write(encode.encode(start));
    const gone = open.read(new Uint8Array(1)).then(() => true, () => true);
    const tick = () =>
      new Promise<false>((wake) => setTimeout(() => wake(false), 100));
    while (!await Promise.race([gone, tick()])) {
      await open.write(encode.encode(bytes));
    }
  };
}

const HEADERS_FOR_EVER = drip("HTTP/1.1 200 OK\r\n", "x-more: 1\r\n");
const BODY_FOR_EVER = drip(
  "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n",
  "x",
);
const RESET = async (connection: Deno.TcpConn) => {
  await connection.read(new Uint8Array(16));
  connection.close();
};
const NOT_TLS = drip("HTTP/1.1 400 Bad Request\r\n\r\n", "");

type Fault = [
  why: string,
  scheme: string,
  behaviour: Parameters<typeof startListener>[0],
  error: RegExp,
];

const FAULTS: Fault[] = [
  ["never ends its headers", "http", HEADERS_FOR_EVER, /No answer within 5 s/],
  ["never ends its body", "http", BODY_FOR_EVER, /did not end within 5 s/],
  ["resets the connection", "http", RESET, /connection|reset|closed/i],
  ["does not speak TLS", "https", NOT_TLS, /tls|ssl|corrupt|InvalidContent/i],
];

for (const [why, scheme, behaviour, error] of FAULTS) {
  Deno.test(`a target that ${why} is an attempt with a readable error`, async () => {
    await using database = openDatabase();
    using listener = startListener(behaviour);
    const kit = await registerTo(
      `${scheme}://127.0.0.1:${listener.port}/secret-path`,
    );
    await send(kit.urls.dedicated, ALERT);
    const [dispatch] = await untilTried(database.sql, kit);
    assert.equal(dispatch!.status, "pending");
    assert.match(dispatch!.errors[0]!, error);
    assert.doesNotMatch(dispatch!.errors[0]!, /secret-path/);
  });
}

Deno.test("a target that nobody listens at is an attempt with a readable error", async () => {
  await using database = openDatabase();
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  listener.close();
  const kit = await registerTo(`http://127.0.0.1:${listener.addr.port}/`);
  await send(kit.urls.dedicated, ALERT);
  const [dispatch] = await untilTried(database.sql, kit);
  assert.match(dispatch!.errors[0]!, /refused/);
});

Deno.test("a target that redirects to itself is asked once", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  sink.answer = () => Response.redirect(sink.url, 307);
  const kit = await registerTo(sink.url);
  await send(kit.urls.dedicated, ALERT);
  const [dispatch] = await untilTried(database.sql, kit);
  assert.match(dispatch!.errors[0]!, /307: redirects are not followed/);
  assert.equal(sink.deliveries.length, 1);
});

/** An answer whose body has a gigabyte, unless the reader hangs up. */
function gigabyte(
  status: number,
): { response: () => Response; sent: () => number } {
  const chunk = new Uint8Array(65536).fill(0x61);
  let sent = 0;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    controller.enqueue(chunk);
    if ((sent += chunk.length) >= 2 ** 30) controller.close();
  };
  return {
    response: () => new Response(new ReadableStream({ pull }), { status }),
    sent: () => sent,
  };
}

Deno.test("of a gigabyte that a target answers a few bytes are read", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const body = gigabyte(500);
  sink.answer = body.response;
  const kit = await registerTo(sink.url);
  await send(kit.urls.dedicated, ALERT);
  const [dispatch] = await untilTried(database.sql, kit);
  assert.match(dispatch!.errors[0]!, /^Target answered 500: a{100,200}$/);
  assert.ok(body.sent() < 2 ** 25, `${body.sent()} bytes were sent`);
});

Deno.test("a delivery is one though the target answers it with a gigabyte", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  sink.answer = gigabyte(200).response;
  const kit = await registerTo(sink.url);
  await send(kit.urls.dedicated, ALERT);
  const [dispatch] = await untilTried(database.sql, kit);
  assert.deepEqual([dispatch!.status, dispatch!.codes], ["delivered", [200]]);
});

Deno.test("a target that hangs delays no other", async () => {
  await using database = openDatabase();
  using slow = startListener(HEADERS_FOR_EVER);
  await using sink = startSink();
  const hanging = await registerTo(`http://127.0.0.1:${slow.port}/`);
  const others = await registerTo(sink.url);
  for (let n = 0; n < 12; n++) {
    await send(hanging.urls.dedicated, alert("BUY", `SLOW${n}`));
  }
  await untilDispatches(
    database.sql,
    hanging,
    (all) => all.some(({ leased }) => leased),
    "a hanging delivery",
  );
  const sentAt: number[] = [];
  for (let n = 0; n < 20; n++) {
    sentAt.push(performance.now());
    await send(others.urls.dedicated, alert("BUY", `FAST${n}`));
  }
  await until(() => sink.deliveries.length === 20, "the others' deliveries");
  const slowest = Math.max(...sink.deliveries.map(({ at, text }) => {
    const number = JSON.parse(text).symbol.replace("FAST", "");
    return at - sentAt[Number(number)]!;
  }));
  assert.ok(slowest < 2000, `The slowest took ${slowest} ms`);
});

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
): Promise<RouteKit> {
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

Deno.test("a worker that is killed after the target answered and before it settled leaves one delivery, under one id", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  await using proxy = startApiProxy();
  await using isolate = await startIsolate("dispatch", {
    "SUPABASE_URL": proxy.url,
  });
  const kit = await registerTo(sink.url);
  await hold(sql, kit);
  await send(kit.urls.dedicated, ALERT);
  proxy.before = async (name) => {
    if (name === "claim_dispatches") return await claimHeld(sql, kit);
    if (name !== "settle_dispatches") return;
    isolate.kill();
    return new Response("", { status: 503 });
  };
  await wake(isolate.at(FUNCTIONS_URL)).catch(() => {}); // it may die before it answers
  await until(() => proxy.calls.includes("settle_dispatches"), "the kill");
  assert.deepEqual((await dispatchesOf(sql, kit))[0]!.status, "pending");
  await pass(sql, kit, 15); // the lease
  await wake();
  const [dispatch] = await untilSettled(sql, kit);
  assert.deepEqual([dispatch!.status, dispatch!.attempts], ["delivered", 1]);
  assert.deepEqual(sink.deliveries.map(({ id }) => id), [
    dispatch!.id,
    dispatch!.id,
  ]);
});

Deno.test("an answer that comes after another worker took over settles nothing", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  sink.answer = () =>
    new Response("", { status: sink.deliveries.length === 1 ? 500 : 200 });
  await using proxy = startApiProxy();
  await using isolate = await startIsolate("dispatch", {
    "SUPABASE_URL": proxy.url,
  });
  const kit = await registerTo(sink.url);
  await hold(sql, kit);
  await send(kit.urls.dedicated, ALERT);
  const late = Promise.withResolvers<void>();
  proxy.before = async (name) => {
    if (name === "claim_dispatches") return await claimHeld(sql, kit);
    if (name === "settle_dispatches") await late.promise;
  };
  try {
    await wake(isolate.at(FUNCTIONS_URL));
    await until(() => proxy.calls.includes("settle_dispatches"), "an answer");
    await pass(sql, kit, 15);
    await wake();
    await untilSettled(sql, kit);
    proxy.calls.length = 0;
  } finally {
    late.resolve();
  }
  // It claims again when it has settled.
  await until(() => proxy.calls.includes("claim_dispatches"), "the late one");
  const [dispatch] = await dispatchesOf(sql, kit);
  assert.deepEqual(
    [dispatch!.status, dispatch!.attempts, dispatch!.codes],
    ["delivered", 1, [200]],
  );
});

Deno.test("a result that the database cannot take at first is settled, not delivered again", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  await using proxy = startApiProxy();
  await using isolate = await startIsolate("dispatch", {
    "SUPABASE_URL": proxy.url,
  });
  const kit = await registerTo(sink.url);
  await hold(sql, kit);
  await send(kit.urls.dedicated, ALERT);
  let refused = 0;
  proxy.before = async (name) => {
    if (name === "claim_dispatches") return await claimHeld(sql, kit);
    if (name === "settle_dispatches" && refused++ === 0) {
      return new Response("", { status: 503 });
    }
  };
  await wake(isolate.at(FUNCTIONS_URL));
  const [dispatch] = await untilSettled(sql, kit);
  assert.equal(dispatch!.status, "delivered");
  assert.equal(sink.deliveries.length, 1);
});

Deno.test("a signal goes to a queue, a function and a URL at once", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  await using proxy = startApiProxy();
  await using isolate = await startIsolate("dispatch", {
    "SUPABASE_URL": proxy.url,
  });
  const kit = await register({
    routes: [
      { kind: "http", target: sink.url },
      { kind: "function", target: "place-order" },
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

Deno.test("cron wakes the dispatch function where nobody else does", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  await hold(database.sql, kit);
  await send(kit.urls.dedicated, ALERT);
  await release(database.sql, kit);
  const [dispatch] = await untilSettled(database.sql, kit);
  assert.equal(dispatch!.status, "delivered");
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

Deno.test("while nothing is due nobody wakes the dispatch function, and it asks nothing", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using proxy = startApiProxy();
  await using isolate = await startIsolate("dispatch", {
    "SUPABASE_URL": proxy.url,
  });
  // The monitor may have something to tell: that wakes it too.
  const monitor = (active: boolean) =>
    sql`select cron.alter_job(jobid, active => ${active}) from cron.job where jobname = 'webhooks-monitor'`;
  await monitor(false);
  await sql`update notifications set is_fanned_out = true`;
  await sql`delete from private.notification_deliveries`;
  await sql`update dispatches set status = 'cancelled' where status = 'pending'`;
  await wake(isolate.at(FUNCTIONS_URL));
  const read = async () =>
    (await sql`
      select (select coalesce(max(id), 0) from net._http_response) as last_wake,
        (select max(runid) from cron.job_run_details join cron.job using (jobid)
          where jobname = 'webhooks-wake-dispatch' and status = 'succeeded') as last_run`)[
      0
    ]!;
  const ran = async (after: unknown) =>
    await until(
      async () => (await read()).last_run !== after,
      "cron's next run",
    );
  try {
    await ran((await read()).last_run);
    const before = await read();
    await ran(before.last_run);
    assert.equal((await read()).last_wake, before.last_wake);
    assert.deepEqual(proxy.calls, ["claim_dispatches"]);
  } finally {
    await monitor(true);
  }
});

Deno.test("an incident is open while the database does not know where the functions are", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await registerTo("http://127.0.0.1:9/");
  const unwired = async () =>
    (await sql`
      select status from incidents where kind = 'dispatch_unwired' order by id desc limit 1`)[
      0
    ]?.status;
  const [settings] = await sql`select internal_url from router_settings`;
  try {
    await sql`update router_settings set internal_url = null`;
    await until(async () => await unwired() === "open", "an incident");
    assert.equal(kit.strategy.status, "active");
  } finally {
    await sql`update router_settings set internal_url = ${
      settings!.internal_url
    }`;
  }
  await until(async () => await unwired() === "resolved", "its end");
});

Deno.test("the wake key wakes the dispatch function, and opens nothing else", async () => {
  await using database = openDatabase();
  const [row] = await database.sql`select dispatch_wake_key() as key`;
  const headers = { apikey: row!.key };
  const ask = async (path: string, method: string) => {
    const response = await fetch(`${FUNCTIONS_URL}${path}`, {
      method,
      headers,
    });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await ask("/dispatch", "POST"), 202);
  assert.equal(await ask("/provision/strategies", "GET"), 401);
});
