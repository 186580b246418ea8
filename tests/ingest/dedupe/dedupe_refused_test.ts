/** What is refused uses up no key: nobody else can, and neither can an alert that was not taken. */
import assert from "node:assert/strict";
import { startBehindProxy } from "../../support/isolate.ts";
import { provision, register, send } from "../../support/project.ts";
import {
  bareUrl,
  bearer,
  claimsFor,
  hs256,
  numberedAlert as alert,
  standardHeaders,
} from "../../support/senders.ts";
import { ACCEPTED, DUPLICATE, signed, summary } from "./dedupe.ts";

Deno.test("a webhook-id is not used up by who may not send", async () => {
  const [kit, other] = await Promise.all([register(), register()]);
  const id = crypto.randomUUID();
  const body = alert(1);
  const url = bareUrl(kit);
  const strangers = [
    standardHeaders(other.secret, body, { id }),
    standardHeaders(kit.secret, "another", { id }),
    standardHeaders(kit.secret, body, { id, ahead: -301 }),
    { "webhook-id": id },
  ];
  for (const headers of strangers) {
    assert.equal((await send(url, body, headers)).status, 401);
  }
  const unsigned = await send(`${url}?token=wrong`, body, { "webhook-id": id });
  assert.equal(unsigned.status, 401);
  assert.deepEqual(summary(await signed(kit, id, body)), ACCEPTED);
});

Deno.test("a jti is not used up by who may not send", async () => {
  const [kit, other] = await Promise.all([register(), register()]);
  const claims = claimsFor(kit.strategy.slug);
  const url = bareUrl(kit);
  for (const secret of [other.secret, "", kit.token]) {
    const token = hs256(secret, claims);
    assert.equal((await send(url, alert(2), bearer(token))).status, 401);
  }
  const good = bearer(hs256(kit.secret, claims));
  assert.equal((await send(`${url}?token=x`, alert(3), good)).status, 401);
  assert.deepEqual(summary(await send(url, alert(1), good)), ACCEPTED);
});

Deno.test("an alert that is refused uses up neither its id nor its body", async () => {
  const kit = await register({ "max_alert_lag": 60 });
  const refused: [body: string, status: number][] = [
    ["{", 400],
    ['{"signal":"MAYBE"}', 422],
    [alert(1, { strategy: "another" }), 422],
    [alert(1, { timenow: "2020-01-01T00:00:00Z" }), 422],
  ];
  const id = crypto.randomUUID();
  for (const [body, status] of refused) {
    assert.equal((await signed(kit, id, body)).status, status);
  }
  assert.deepEqual(summary(await signed(kit, id, alert(1))), ACCEPTED);

  const claims = claimsFor(kit.strategy.slug, { actions: ["sell"] });
  const token = bearer(hs256(kit.secret, claims));
  const url = bareUrl(kit);
  assert.equal((await send(url, alert(2), token)).status, 403);
  const sell = alert(2, { signal: "SELL" });
  assert.deepEqual(summary(await send(url, sell, token)), ACCEPTED);
});

Deno.test("an alert that was refused for the strategy's sake is taken once the strategy takes it", async () => {
  const kit = await register({ routing: "universal" });
  const path = `/strategies/${kit.strategy.slug}`;
  const { dedicated } = kit.urls;
  assert.equal((await send(dedicated, alert(1))).status, 403);
  await provision("PATCH", path, { routing: "both", "auth_methods": ["hmac"] });
  assert.equal((await send(dedicated, alert(1))).status, 401);
  await provision("PATCH", path, { "auth_methods": ["token"] });
  assert.deepEqual(summary(await send(dedicated, alert(1))), ACCEPTED);
});

Deno.test("a retry after a 503 is taken, under the same id", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(bareUrl(kit));
  const headers = standardHeaders(kit.secret, alert(1));
  proxy.before = (name) =>
    name === "ingest"
      ? Response.json({ code: "57014", message: "canceled" }, { status: 500 })
      : undefined;
  const first = await send(url, alert(1), headers);
  assert.deepEqual(summary(first), [503, "unavailable"]);
  proxy.before = () => {};
  assert.deepEqual(summary(await send(url, alert(1), headers)), ACCEPTED);
  assert.deepEqual(summary(await send(url, alert(1), headers)), DUPLICATE);
});
