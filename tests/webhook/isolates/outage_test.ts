/** A database that fails or does not answer. */
import assert from "node:assert/strict";
import {
  type ProxiedIsolate,
  startBehindProxy,
} from "../../support/isolate.ts";
import {
  type Answer,
  API_URL,
  openDatabase,
  register,
  send,
} from "../../support/project.ts";
import { numberedAlert as alert } from "../../support/senders.ts";

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

/** Holds the next `ingest` back until its sender was told 503, and then lets the database have it. */
async function ingestLate(
  { proxy }: ProxiedIsolate,
  send: () => Promise<Answer>,
): Promise<void> {
  const held = Promise.withResolvers<void>();
  const passedOn = Promise.withResolvers<void>();
  proxy.before = async (name, { method, headers, text: body }) => {
    if (name !== "ingest") return;
    proxy.before = () => {};
    await held.promise;
    const url = `${API_URL}/rest/v1/rpc/ingest`;
    await (await fetch(url, { method, headers, body })).body?.cancel();
    passedOn.resolve();
    return new Response(null, { status: 503 });
  };
  assert.equal((await send()).status, 503);
  held.resolve();
  await passedOn.promise;
}

Deno.test("a database that was frozen stores nothing of an alert that was answered 503", async () => {
  await using database = openDatabase();
  await using isolate = await startBehindProxy("webhook");
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  await ingestLate(isolate, () => send(url, "BUY"));
  const signals = await database.sql`
    select from signals where strategy_id = ${kit.strategy.id}`;
  assert.equal(signals.length, 0);
});

Deno.test("a database that was frozen takes the next bar's equal alert for a new one", async () => {
  await using isolate = await startBehindProxy("webhook");
  const url = isolate.at((await register()).urls.dedicated);
  await ingestLate(isolate, () => send(url, "BUY"));
  assert.equal((await send(url, "BUY")).status, 202);
});

for (const [step, hours] of [["forwards", 1], ["back", -1]] as const) {
  Deno.test(`a clock of the database that is set ${step} an hour refuses no alert, and dates it right`, async () => {
    await using database = openDatabase();
    await using isolate = await startBehindProxy("webhook");
    const { proxy } = isolate;
    const kit = await register();
    proxy.before = async (name, { method, headers, text: body }) => {
      if (name !== "read_catalog") return;
      proxy.before = () => {};
      const url = `${API_URL}/rest/v1/rpc/read_catalog`;
      const reading = await (await fetch(url, { method, headers, body }))
        .json();
      return Response.json({ ...reading, now: reading.now - hours * 3600e3 });
    };
    const answer = await send(isolate.at(kit.urls.dedicated), "BUY");
    const [signal] = await database.sql`
      select abs(extract(epoch from clock_timestamp() - received_at)) < 60 as is_right
      from signals where strategy_id = ${kit.strategy.id}`;
    assert.deepEqual([answer.status, signal?.is_right], [202, true]);
  });
}

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

for (const stuckCall of ["read_catalog", "ingest"]) {
  Deno.test(`${stuckCall} that is never answered holds up nothing for longer than its sender waits`, async () => {
    await using isolate = await startBehindProxy("webhook");
    const { proxy } = isolate;
    const kit = await register();
    const stuck = Promise.withResolvers<void>();
    proxy.before = (name) => {
      if (name !== stuckCall) return;
      proxy.before = () => {};
      return stuck.promise;
    };
    const url = isolate.at(kit.urls.dedicated);
    assert.equal((await send(url, alert(1))).status, 503);
    assert.equal((await send(url, alert(1))).status, 202);
    stuck.resolve();
  });
}

Deno.test("health is answered within 2.5 s while the database is not", async () => {
  await using isolate = await startBehindProxy("provision");
  const { proxy } = isolate;
  const url = isolate.at(`${API_URL}/functions/v1/provision/health`);
  const ask = async () => {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await ask(), 200);
  const stuck = Promise.withResolvers<void>();
  proxy.before = () => stuck.promise;
  const startedAt = performance.now();
  assert.equal(await ask(), 503);
  assert.ok(performance.now() - startedAt < 2500);
  proxy.before = () => {};
  stuck.resolve();
  assert.equal(await ask(), 200);
});
