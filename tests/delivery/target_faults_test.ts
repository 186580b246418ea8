/** Faults of targets, and their effect on a delivery. */
import assert from "node:assert/strict";
import {
  ALERT,
  alert,
  registerTo,
  untilDispatches,
  untilTried,
} from "../support/deliveries.ts";
import { type Kit, openDatabase, send, until } from "../support/project.ts";
import { type Sink, startSink } from "../support/sink.ts";

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

/** Sends twenty alerts at once; returns the milliseconds until the slowest one's delivery. */
async function slowestOf(kit: Kit, sink: Sink): Promise<number> {
  sink.deliveries.length = 0;
  const sentAt = new Map<string, number>();
  for (let n = 0; n < 20; n++) {
    const symbol = `FAST${crypto.randomUUID()}`;
    sentAt.set(symbol, performance.now());
    await send(kit.urls.dedicated, alert("BUY", symbol));
  }
  await until(() => sink.deliveries.length === 20, "all deliveries");
  return Math.max(
    ...sink.deliveries.map(({ at, text }) =>
      at - sentAt.get(JSON.parse(text).symbol)!
    ),
  );
}

Deno.test("a target that hangs delays no other: the slowest takes at most twice as long", async () => {
  await using database = openDatabase();
  using slow = startListener(HEADERS_FOR_EVER);
  await using sink = startSink();
  const hanging = await registerTo(`http://127.0.0.1:${slow.port}/`);
  const others = await registerTo(sink.url);
  const before = await slowestOf(others, sink);
  for (let n = 0; n < 12; n++) {
    await send(hanging.urls.dedicated, alert("BUY", `SLOW${n}`));
  }
  const beside: number[] = [];
  // A busy machine may spoil a measurement; a queue behind the one that hangs shows in all.
  while (beside.length < 3 && !beside.some((ms) => ms <= 2 * before)) {
    await untilDispatches(
      database.sql,
      hanging,
      (all) => all.some(({ leased }) => leased),
      "a hanging delivery",
    );
    beside.push(await slowestOf(others, sink));
  }
  const slowest = Math.min(...beside);
  assert.ok(
    slowest <= Math.max(2 * before, 250),
    `${slowest} ms, ${before} ms without`,
  );
});
