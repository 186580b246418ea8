/** Many targets that hang: the others keep their places. */
import assert from "node:assert/strict";
import {
  alert,
  dispatchesOf,
  registerTo,
  untilDispatches,
} from "../../support/deliveries.ts";
import { type Kit, openDatabase, send, until } from "../../support/project.ts";
import { type Sink, startSink } from "../../support/sink.ts";

const HANGING = 40;
const ALERTS = 40;

/** Hosts that take a connection and never answer. */
function startHangingHosts(count: number): { urls: string[] } & Disposable {
  const open = new DisposableStack();
  const urls = Array.from({ length: count }, () => {
    const listener = open.use(
      Deno.listen({ port: 0, hostname: "127.0.0.1" }),
    );
    (async () => {
      for await (const connection of listener) open.use(connection);
    })();
    return `http://127.0.0.1:${listener.addr.port}/`;
  });
  return { urls, [Symbol.dispose]: () => open.dispose() };
}

/** Sends alerts one after another; returns the sorted milliseconds to their deliveries. */
async function delaysOf(kit: Kit, sink: Sink): Promise<number[]> {
  sink.deliveries.length = 0;
  const sentAt = new Map<string, number>();
  for (let n = 0; n < ALERTS; n++) {
    const symbol = `FAST${crypto.randomUUID()}`;
    sentAt.set(symbol, performance.now());
    await send(kit.urls.dedicated, alert("BUY", symbol));
  }
  await until(() => sink.deliveries.length === ALERTS, "all deliveries");
  return sink.deliveries
    .map(({ at, text }) => at - sentAt.get(JSON.parse(text).symbol)!)
    .sort((one, other) => one - other);
}

Deno.test("forty targets that hang, with more waiting than a worker has places, delay no other: the slowest takes at most four times as long", async () => {
  await using database = openDatabase();
  using hosts = startHangingHosts(HANGING);
  await using sink = startSink();
  const hanging = await registerTo(hosts.urls);
  const good = await registerTo(sink.url);
  const alone = (await delaysOf(good, sink)).at(-1)!;
  for (let n = 0; n < 8; n++) {
    await send(hanging.urls.dedicated, alert("BUY", `SLOW${n}`));
  }
  await untilDispatches(
    database.sql,
    hanging,
    (all) => all.filter(({ leased }) => leased).length >= 4 * HANGING,
    "targets that hang",
  );
  const beside = (await delaysOf(good, sink)).at(-1)!;
  assert.ok(
    beside <= Math.max(4 * alone, 400),
    `${beside} ms, ${alone} ms without`,
  );
  const [first] = await dispatchesOf(database.sql, hanging);
  assert.equal(first!.attempts, 0, "They must hang until the end");
});
