/** Once is once: what makes two alerts the same, and for how long. */
import assert from "node:assert/strict";
import {
  type Kit,
  openDatabase,
  register,
  send,
} from "../../support/project.ts";
import {
  bareUrl,
  bearer,
  claimsFor,
  hs256,
  hubHeaders,
  numberedAlert as alert,
  standardHeaders,
} from "../../support/senders.ts";
import {
  ACCEPTED,
  countSignals,
  DUPLICATE,
  signed,
  summary,
} from "./dedupe.ts";

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
