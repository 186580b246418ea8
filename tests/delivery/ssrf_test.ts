import assert from "node:assert/strict";
import type { Sql } from "postgres";
import {
  ALERT,
  claimHeld,
  dispatchesOf,
  hold,
  registerTo,
  untilTried,
  wake,
} from "../support/deliveries.ts";
import { startBehindProxy } from "../support/isolate.ts";
import {
  FUNCTIONS_URL,
  type Kit,
  openDatabase,
  provision,
  register,
  send,
} from "../support/project.ts";
import { startSink } from "../support/sink.ts";

/** Every spelling of this machine, at a port. */
const LOOPBACK = [
  "127.0.0.1",
  "127.1",
  "0177.0.0.1",
  "0x7f000001",
  "2130706433",
  "0",
  "localhost",
  "localhost.",
  "[::1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[::127.0.0.1]",
];

const FORBIDDEN = [
  "https://[2002:7f00:1::]/",
  "https://[64:ff9b:1::1]/",
  "https://[::10.0.0.1]/",
  "https://198.18.0.1/",
  "https://example.com:25/",
  "https://:secret@example.com/",
  "gopher://example.com/",
  "file:///etc/passwd",
];

for (const target of FORBIDDEN) {
  Deno.test(`a route to ${target} is refused at registration`, async () => {
    const { status } = await provision("POST", "/strategies", {
      name: "Never registered",
      routes: [{ kind: "http", target }],
    });
    assert.equal(status, 422);
  });
}

/** A way around registration. */
async function addRoute(sql: Sql, kit: Kit, target: string): Promise<void> {
  await sql`
    insert into routes (strategy_id, kind, target) values (${kit.strategy.id}, 'http', ${target})`;
}

/** Counts connections of anyone. */
function startListener(
  hostname: string,
): { port: number; seen: number } & Disposable {
  const listener = Deno.listen({ port: 0, hostname });
  const counter = {
    port: listener.addr.port,
    seen: 0,
    [Symbol.dispose]: () => listener.close(),
  };
  (async () => {
    for await (const connection of listener) {
      counter.seen++;
      connection.close();
    }
  })();
  return counter;
}

Deno.test("at delivery no spelling of this machine is connected to", async () => {
  await using database = openDatabase();
  const { sql } = database;
  using listener = startListener("0.0.0.0");
  await using isolate = await startBehindProxy("dispatch", {
    "ALLOW_LOOPBACK_TARGETS": "false",
  });
  const { proxy } = isolate;
  const kit = await register();
  for (const host of LOOPBACK) {
    await addRoute(sql, kit, `https://${host}:${listener.port}/`);
    await addRoute(sql, kit, `http://${host}:${listener.port}/`);
  }
  await hold(sql, kit);
  await send(kit.urls.dedicated, ALERT);
  proxy.before = async (name) => {
    if (name === "claim_dispatches") return await claimHeld(sql, kit);
  };
  await wake(isolate.at(FUNCTIONS_URL));
  const all = await untilTried(sql, kit);
  const readable = all.filter(({ errors: [error] }) =>
    /must be (https|a public host)|private, local or reserved/.test(error!)
  );
  assert.deepEqual([all.length, readable.length], [24, 24]);
  assert.equal(listener.seen, 0);
});

Deno.test("where loopback is allowed nothing else of a private network is", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await addRoute(sql, kit, "https://10.0.0.1/");
  await addRoute(sql, kit, "http://192.168.0.1/");
  await addRoute(sql, kit, "https://169.254.169.254/");
  await send(kit.urls.dedicated, ALERT);
  const all = await untilTried(sql, kit);
  assert.deepEqual(all.map(({ errors }) => errors[0]).sort(), [
    "The target must be https",
    "The target's address is private, local or reserved",
    "The target's address is private, local or reserved",
  ]);
});

Deno.test("a redirect to this machine is not followed", async () => {
  await using database = openDatabase();
  using listener = startListener("127.0.0.1");
  await using sink = startSink();
  sink.answer = () => Response.redirect(`http://127.0.0.1:${listener.port}/`);
  const kit = await registerTo(sink.url);
  await send(kit.urls.dedicated, ALERT);
  await untilTried(database.sql, kit);
  const [dispatch] = await dispatchesOf(database.sql, kit);
  assert.deepEqual([dispatch!.codes, listener.seen], [[302], 0]);
});

Deno.test("what a target answers is not shown to who sent the alert", async () => {
  await using sink = startSink();
  sink.answer = () => new Response("metadata of the target", { status: 500 });
  const kit = await registerTo(sink.url);
  const answer = await send(kit.urls.dedicated, ALERT);
  assert.doesNotMatch(JSON.stringify(answer.body), /metadata/);
});
