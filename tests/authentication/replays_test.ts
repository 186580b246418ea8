/** What was captured opens nothing under another scheme, and no sender spends the ids of another. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import {
  type Kit,
  openDatabase,
  provision,
  register,
  send,
} from "../support/project.ts";
import {
  bareUniversalUrl,
  bareUrl,
  bearer,
  claimsFor,
  type Headers,
  hs256,
  hubHeaders,
  keyBytes,
  numberedAlert as alert,
  standardHeaders,
  universalMeans,
} from "../support/senders.ts";

/** Text forms of alerts that would take a signed message's id and timestamp for their own first words. */
const TEXTS: [form: string, body: string][] = [
  [
    "TradingView's default message",
    "Gold (1, 2): order buy @ 1 filled on XAUUSD. New strategy position is 1",
  ],
  ["key=value", "ticker=XAUUSD action=buy quantity=1"],
  ["one word", "BUY"],
  ["a bridge's line", "60123,buy,XAUUSD,vol_lots=0.1"],
  ["JSON", alert(1)],
];

for (const [form, body] of TEXTS) {
  Deno.test(`a signed request of ${form} opens nothing as a hub signature`, async () => {
    const kit = await register();
    const url = bareUrl(kit);
    const statuses: number[] = [];
    for (const ahead of [-3600, 0]) {
      const headers = standardHeaders(kit.secret, body, { ahead });
      const [id, at, v1] = ["id", "timestamp", "signature"]
        .map((name) => headers[`webhook-${name}`]!);
      const hex = Buffer.from(v1!.slice("v1,".length), "base64")
        .toString("hex");
      const replayed = await send(url, `${id}.${at}.${body}`, {
        "x-signature-256": `sha256=${hex}`,
      });
      statuses.push(replayed.status);
    }
    assert.deepEqual(statuses, [401, 401]);
  });
}

Deno.test("a leaked URL's token is no signature", async () => {
  const kit = await register({ "auth_methods": ["hmac"] });
  const hex = Buffer.from(kit.token, "base64url").toString("hex");
  const label = "dai-webhooks url token v1";
  const expected = createHmac("sha256", keyBytes(kit.secret)).update(label)
    .digest("hex");
  assert.equal(hex, expected);
  const headers = { "x-signature-256": `sha256=${hex}` };
  assert.equal((await send(bareUrl(kit), label, headers)).status, 401);
});

Deno.test("a JWT's signature is no hub signature", async () => {
  const kit = await register();
  const token = hs256(kit.secret, claimsFor(kit.strategy.slug));
  const end = token.lastIndexOf(".");
  const hex = Buffer.from(token.slice(end + 1), "base64url").toString("hex");
  const headers = { "x-signature-256": `sha256=${hex}` };
  const answer = await send(bareUrl(kit), token.slice(0, end), headers);
  assert.equal(answer.status, 401);
});

/** As if so many seconds had passed since the strategy's alerts. */
async function pass(kit: Kit, seconds: number): Promise<void> {
  await using database = openDatabase();
  await database.sql`
    update private.dedupe_keys
    set expires_at = expires_at - make_interval(secs => ${seconds})
    where strategy_id = ${kit.strategy.id}`;
}

Deno.test("a hub-signed alert that repeated an unsigned one makes no signal after the unsigned one's window", async () => {
  const kit = await register();
  const hub = await hubHeaders(kit.secret, alert(1));
  const statuses = [
    (await send(kit.urls.dedicated, alert(1))).status,
    (await send(bareUrl(kit), alert(1), hub)).status,
  ];
  await pass(kit, 31);
  statuses.push((await send(bareUrl(kit), alert(1), hub)).status);
  await pass(kit, 86_400);
  statuses.push((await send(bareUrl(kit), alert(1), hub)).status);
  assert.deepEqual(statuses, [202, 200, 200, 202]);
});

Deno.test("a request of two signatures that repeated an alert makes no signal when one is stripped", async () => {
  const kit = await register();
  const standard = standardHeaders(kit.secret, alert(1));
  const hub = await hubHeaders(kit.secret, alert(1));
  const statuses = [
    (await send(kit.urls.dedicated, alert(1))).status,
    (await send(bareUrl(kit), alert(1), { ...standard, ...hub })).status,
    (await send(bareUrl(kit), alert(1), standard)).status,
  ];
  assert.deepEqual(statuses, [202, 200, 200]);
});

/** A sender with a key of its own. */
async function keySender() {
  const { publicKey, privateKey } = await generateKeyPair("ES256", {
    extractable: true,
  });
  const kid = crypto.randomUUID();
  const jwk = { ...await exportJWK(publicKey), kid };
  const sign = async (kit: Kit, claims: Record<string, unknown>) =>
    bearer(
      await new SignJWT(claimsFor(kit.strategy.slug, claims))
        .setProtectedHeader({ alg: "ES256", kid }).sign(privateKey),
    );
  return { jwk, sign };
}

Deno.test("a sender that is narrowed to a symbol spends neither the jti nor the external id of another's alert", async () => {
  const [narrow, other] = await Promise.all([keySender(), keySender()]);
  const kit = await register({
    "dedupe_by": "external_id",
    jwks: { keys: [narrow.jwk, other.jwk] },
  });
  const jti = crypto.randomUUID();
  const junk = await narrow.sign(kit, { jti, symbols: ["JUNK"] });
  const ids = { "alert_id": "order 1" };
  const url = bareUrl(kit);
  const statuses = [
    await send(url, alert(1, { ...ids, symbol: "JUNK" }), junk),
    await send(url, alert(2, ids), await other.sign(kit, { jti })),
    await send(url, alert(3, ids), await other.sign(kit, {})),
  ].map(({ status }) => status);
  assert.deepEqual(statuses, [202, 202, 200]);
});

Deno.test("a universal sender's webhook-id and the strategy's own are two, and each counts once", async () => {
  const kit = await register();
  const universal = await universalMeans(kit);
  const url = bareUniversalUrl(kit);
  const id = crypto.randomUUID();
  const { slug: strategy } = kit.strategy;
  const statuses: number[] = [];
  for (const [n, secret] of [universal.secret, kit.secret].entries()) {
    const body = alert(n, { strategy });
    const headers: Headers = standardHeaders(secret, body, { id });
    statuses.push((await send(url, body, headers)).status);
    statuses.push((await send(url, body, headers)).status);
  }
  assert.deepEqual(statuses, [202, 200, 202, 200]);
});

Deno.test("both secrets of a rotation are one sender's: an id counts once under them", async () => {
  const kit = await register();
  const { body: rotated } = await provision<Kit>(
    "POST",
    `/strategies/${kit.strategy.slug}/rotate`,
  );
  const id = crypto.randomUUID();
  const statuses: number[] = [];
  for (const secret of [kit.secret, rotated.secret]) {
    const headers = standardHeaders(secret, alert(1), { id });
    statuses.push((await send(bareUrl(kit), alert(1), headers)).status);
  }
  assert.deepEqual(statuses, [202, 200]);
});

Deno.test("a token under the universal secret is for one strategy", async () => {
  const [one, two] = await Promise.all([register(), register()]);
  const { secret } = await universalMeans(one);
  const slugs = [one, two].map(({ strategy }) => strategy.slug);
  const token = bearer(hs256(secret, { ...claimsFor("x"), aud: slugs }));
  const statuses = await Promise.all(slugs.map(async (strategy) => {
    const url = bareUniversalUrl(one);
    return (await send(url, alert(1, { strategy }), token)).status;
  }));
  assert.deepEqual(statuses, [401, 401]);
});
