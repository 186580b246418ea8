/** Once is once: what makes two alerts the same, for how long, and that nobody else can use it up. */
import assert from "node:assert/strict";
import { startBehindProxy } from "../support/isolate.ts";
import {
  type Answer,
  type Kit,
  openDatabase,
  provision,
  register,
  send,
} from "../support/project.ts";
import {
  bareUrl,
  bearer,
  claimsFor,
  hs256,
  hubHeaders,
  standardHeaders,
} from "../support/senders.ts";

const alert = (n: number | string, fields = {}) =>
  JSON.stringify({ signal: "BUY", n, ...fields });

function signed(kit: Kit, id: string, body: string): Promise<Answer> {
  return send(bareUrl(kit), body, standardHeaders(kit.secret, body, { id }));
}

function summary({ status, body }: Answer): unknown[] {
  return [status, body.status === status ? body.code : body.status];
}

const ACCEPTED = [202, "accepted"];
const DUPLICATE = [200, "duplicate"];

/** As if this much time had passed since the strategy's alerts. */
async function pass(kit: Kit, interval: string): Promise<void> {
  await using database = openDatabase();
  await database.sql`
    update private.dedupe_keys set expires_at = expires_at - ${interval}::interval
    where strategy_id = ${kit.strategy.id}`;
}

/** The audit's codes of the strategy's duplicates. */
async function duplicateCodes(kit: Kit): Promise<(string | null)[]> {
  await using database = openDatabase();
  const rows = await database.sql`
    select code from webhook_requests
    where strategy_id = ${kit.strategy.id} and outcome = 'duplicate'`;
  return rows.map(({ code }) => code);
}

async function countSignals(kit: Kit): Promise<number> {
  await using database = openDatabase();
  const [row] = await database.sql`
    select count(*)::int as signals from signals
    where strategy_id = ${kit.strategy.id}`;
  return row!.signals;
}

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

Deno.test("another body under a known webhook-id is a duplicate, marked in the audit", async () => {
  const kit = await register();
  const id = crypto.randomUUID();
  const first = await signed(kit, id, alert(1));
  const other = await signed(kit, id, alert(2));
  assert.deepEqual(summary(other), DUPLICATE);
  assert.equal(other.body.signal_id, first.body.signal_id);
  assert.deepEqual(summary(await signed(kit, id, alert(1))), DUPLICATE);
  assert.deepEqual((await duplicateCodes(kit)).sort(), [
    "duplicate_mismatch",
    null,
  ]);
});

Deno.test("a request that was captured makes no second signal: after a second, a hundred times at once, or elsewhere", async () => {
  const [kit, other] = await Promise.all([register(), register()]);
  const body = alert(1);
  const captured = [
    standardHeaders(kit.secret, body),
    await hubHeaders(kit.secret, body),
    bearer(hs256(kit.secret, claimsFor(kit.strategy.slug))),
  ];
  for (const headers of captured) {
    assert.deepEqual(
      summary(await send(bareUrl(kit), body, headers)),
      ACCEPTED,
    );
  }
  await pass(kit, "1 second");
  for (const headers of captured) {
    const again = await Promise.all(
      Array.from({ length: 34 }, () => send(bareUrl(kit), body, headers)),
    );
    again.forEach((answer) => assert.deepEqual(summary(answer), DUPLICATE));
    const elsewhere = await send(bareUrl(other), body, headers);
    assert.equal(elsewhere.status, 401);
  }
  assert.equal(await countSignals(kit), 3);
});

Deno.test("a webhook-id belongs to its strategy", async () => {
  const id = crypto.randomUUID();
  for (const kit of await Promise.all([register(), register()])) {
    assert.deepEqual(summary(await signed(kit, id, alert(1))), ACCEPTED);
  }
});

Deno.test("the same bytes under a token count again after the strategy's window", async () => {
  const kit = await register({ "dedupe_window": 30 });
  const { dedicated } = kit.urls;
  assert.deepEqual(summary(await send(dedicated, alert(1))), ACCEPTED);
  await pass(kit, "24 seconds");
  assert.deepEqual(summary(await send(dedicated, alert(1))), DUPLICATE);
  await pass(kit, "7 seconds");
  assert.deepEqual(summary(await send(dedicated, alert(1))), ACCEPTED);
});

Deno.test("the same bytes under a hub signature are a duplicate for a day", async () => {
  const kit = await register();
  const url = bareUrl(kit);
  const headers = await hubHeaders(kit.secret, alert(1));
  assert.deepEqual(summary(await send(url, alert(1), headers)), ACCEPTED);
  await pass(kit, "23 hours 59 minutes");
  assert.deepEqual(summary(await send(url, alert(1), headers)), DUPLICATE);
  await pass(kit, "2 minutes");
  assert.deepEqual(summary(await send(url, alert(1), headers)), ACCEPTED);
});

Deno.test("an id in the payload counts once only where the strategy says so", async () => {
  const [kit, byId] = await Promise.all([
    register(),
    register({ "dedupe_by": "external_id" }),
  ]);
  const answers: unknown[] = [];
  for (const { urls } of [kit, byId]) {
    for (const n of [1, 2]) {
      answers.push(
        summary(await send(urls.dedicated, alert(n, { "alert_id": "Long" }))),
      );
    }
  }
  assert.deepEqual(answers, [ACCEPTED, ACCEPTED, ACCEPTED, DUPLICATE]);
});
