/** A database that fails or does not answer. */
import assert from "node:assert/strict";
import { startBehindProxy } from "../../support/isolate.ts";
import { API_URL, register, send } from "../../support/project.ts";
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
