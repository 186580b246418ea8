import assert from "node:assert/strict";
import { startBehindProxy, startIsolate } from "./isolate.ts";
import {
  type Answer,
  type Kit,
  openDatabase,
  provision,
  register,
  send,
} from "./project.ts";

const alert = (n: number) => JSON.stringify({ signal: "BUY", price: n });

Deno.test("a warm accepted alert takes one round trip to the database", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  assert.equal((await send(url, alert(1))).status, 202);
  proxy.calls.length = 0;
  assert.equal((await send(url, alert(2))).status, 202);
  assert.deepEqual(proxy.calls, ["ingest"]);
});

Deno.test("fifty alerts at once share their round trips", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  assert.equal((await send(url, alert(0))).status, 202);
  proxy.calls.length = 0;
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => send(url, alert(n + 1))),
  );
  assert.ok(answers.every(({ status }) => status === 202));
  assert.ok(proxy.calls.length <= 10, `${proxy.calls.length} round trips`);
});

/** An isolate that remembers the strategy as it is now, and one that knows nothing yet. */
async function warmAndCold(
  test: (
    kit: Kit,
    ask: (url: string, body: string) => Promise<Answer[]>,
  ) => Promise<void>,
): Promise<void> {
  await using warm = await startIsolate("webhook");
  await using cold = await startIsolate("webhook");
  const kit = await register();
  assert.equal((await send(warm.at(kit.urls.dedicated), "BUY")).status, 202);
  await test(
    kit,
    (url, body) =>
      Promise.all([warm, cold].map((isolate) => send(isolate.at(url), body))),
  );
}

Deno.test("a revoked secret is dead at once in every isolate", () =>
  warmAndCold(async (kit, ask) => {
    await provision("POST", `/strategies/${kit.strategy.slug}/rotate`);
    await provision("POST", `/strategies/${kit.strategy.slug}/revoke`);
    const answers = await ask(kit.urls.dedicated, "SELL");
    assert.deepEqual(answers.map(({ status }) => status), [401, 401]);
  }));

Deno.test("a new secret lives at once in every isolate", () =>
  warmAndCold(async (kit, ask) => {
    const path = `/strategies/${kit.strategy.slug}/rotate`;
    const rotated = await provision<Kit>("POST", path);
    const answers = await ask(rotated.body.urls.dedicated, "SELL");
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 202]);
  }));

Deno.test("a new strategy lives at once where its name was refused before", () =>
  warmAndCold(async (kit, ask) => {
    const name = `later-${crypto.randomUUID().slice(0, 8)}`;
    const url = kit.urls.dedicated.replace(kit.strategy.slug, name);
    await ask(url, "SELL");
    const later = await provision<Kit>("POST", "/strategies", { name });
    const answers = await ask(later.body.urls.dedicated, "SELL");
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 202]);
  }));

Deno.test("an old secret ends by the database's clock, whatever an isolate remembers", () =>
  warmAndCold(async (kit, ask) => {
    await using database = openDatabase();
    await provision("POST", `/strategies/${kit.strategy.slug}/rotate`);
    await ask(kit.urls.dedicated, "SELL");
    // As if the overlap were over: no version moves, only time passes.
    await database.sql`
      update private.secrets set expires_at = clock_timestamp()
      where strategy_id = ${kit.strategy.id} and expires_at is not null`;
    const answers = await ask(kit.urls.dedicated, "EXIT");
    assert.deepEqual(answers.map(({ status }) => status), [401, 401]);
  }));

Deno.test("a database that does not answer is answered 503 within 2.5 s, and the alert can be sent again", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  assert.equal((await send(url, alert(1))).status, 202);
  const stuck = Promise.withResolvers<void>();
  proxy.before = () => stuck.promise;
  const startedAt = performance.now();
  const answer = await send(url, alert(2));
  assert.deepEqual([answer.status, answer.body.code], [503, "unavailable"]);
  assert.ok(answer.headers.has("retry-after"));
  assert.ok(performance.now() - startedAt < 2500);
  proxy.before = () => {};
  stuck.resolve();
  const again = await send(url, alert(2));
  assert.ok([200, 202].includes(again.status), `${again.status}`);
});

Deno.test("an outage is answered 503, and the next alert is taken", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  proxy.before = () =>
    Response.json({ code: "PGRST001", message: "down" }, { status: 503 });
  assert.equal((await send(url, alert(1))).status, 503);
  proxy.before = () => {};
  assert.equal((await send(url, alert(1))).status, 202);
});
