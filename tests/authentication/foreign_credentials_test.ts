/** Credentials of another strategy, of nobody and of yesterday open nothing. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import {
  ALERT,
  allWays,
  assertAnswered,
  type Attempt,
  attempt,
  endpointsOf,
  meansOf,
  type Way,
  waysOf,
} from "../support/attempts.ts";
import { startIsolate } from "../support/isolate.ts";
import {
  type Kit,
  openDatabase,
  provision,
  register,
} from "../support/project.ts";
import {
  bareUrl,
  bearer,
  claimsFor,
  hs256,
  hubHeaders,
  hubHeadersByBytes,
  standardHeaders,
  universalMeans,
} from "../support/senders.ts";

Deno.test("what is good for one strategy opens no other", async () => {
  const [kit, other] = await Promise.all([register(), register()]);
  const [own, foreign] = [meansOf(kit), meansOf(other)];
  const attempts: Attempt[] = [];
  for (const [url, body] of Object.values(endpointsOf(other))) {
    const ways = [
      ...await allWays(own, body),
      // Each has one of the two things that a token for the other needs.
      ...await waysOf("jwt", { ...own, slug: foreign.slug }, body),
      ...await waysOf("jwt", { ...foreign, slug: own.slug }, body),
    ];
    attempts.push(...ways.map((way) => attempt(url, body, way)));
  }
  await assertAnswered(401, attempts);
});

Deno.test("the universal secret opens no dedicated endpoint, in any form", async () => {
  const kit = await register();
  const means = { ...meansOf(kit), ...await universalMeans(kit) };
  const { dedicated: [url, body] } = endpointsOf(kit);
  const ways = await allWays(means, body);
  await assertAnswered(401, ways.map((way) => attempt(url, body, way)));
});

Deno.test("the universal secret opens the universal endpoint, in every form", async () => {
  const kit = await register();
  const means = { ...meansOf(kit), ...await universalMeans(kit) };
  const { universal: [url, body] } = endpointsOf(kit);
  const bodies = Array.from({ length: 5 }, (_, n) => body + " ".repeat(n));
  const attempts = await Promise.all(
    bodies.map(async (own, n) =>
      attempt(url, own, (await allWays(means, own))[n]!)
    ),
  );
  await assertAnswered(202, attempts);
});

Deno.test("a URL's token cannot sign", async () => {
  const kit = await register();
  const { slug } = kit.strategy;
  const url = bareUrl(kit);
  const padded = `whsec_${
    kit.token.replaceAll("-", "+").replaceAll("_", "/")
  }=`;
  const ways = [
    { why: "hub", headers: await hubHeaders(kit.token, ALERT) },
    { why: "hub, bytes", headers: hubHeadersByBytes(padded, ALERT) },
    { why: "standard", headers: standardHeaders(padded, ALERT) },
    { why: "jwt", headers: bearer(hs256(kit.token, claimsFor(slug))) },
  ];
  await assertAnswered(401, ways.map((way) => attempt(url, ALERT, way)));
});

/** Attempts in every way, by the secret that the strategy had and by what an empty one could be taken for. */
async function attemptsAt(kit: Kit): Promise<Attempt[]> {
  const ways = [
    ...await allWays(meansOf(kit), ALERT),
    ...["", "undefined", "null", "whsec_"].flatMap(waysByKey(kit)),
  ];
  return ways.map((way) => attempt(bareUrl(kit), ALERT, way));
}

Deno.test("a strategy without a secret accepts nothing, the empty key least of all", async () => {
  await using database = openDatabase();
  const kit = await register();
  await database.sql`
    delete from private.secrets where strategy_id = ${kit.strategy.id}`;
  await assertAnswered(401, await attemptsAt(kit));
});

Deno.test("a strategy whose secret Vault has lost has everything sent again, the empty key too, and accepts nothing", async () => {
  await using database = openDatabase();
  const kit = await register();
  await database.sql`
    delete from vault.secrets where id in (
      select vault_id from private.secrets where strategy_id = ${kit.strategy.id})`;
  await assertAnswered(503, await attemptsAt(kit));
  const stored = await database.sql`
    select from signals where strategy_id = ${kit.strategy.id}`;
  assert.equal(stored.length, 0);
});

/** Ways of who takes the place of a secret for its text. */
function waysByKey({ strategy }: Kit): (key: string) => Way[] {
  return (key) => {
    const hmac = (text: string) => createHmac("sha256", key).update(text);
    const headers = {
      "webhook-id": "id",
      "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
    };
    const signed = Object.values(headers).concat(ALERT).join(".");
    const token = hmac("dai-webhooks url token v1").digest("base64url");
    const digest = hmac(ALERT).digest("hex");
    const signature = `v1,${hmac(signed).digest("base64")}`;
    return [
      { why: `token by "${key}"`, query: `token=${token}` },
      {
        why: `hub by "${key}"`,
        headers: { "x-signature-256": `sha256=${digest}` },
      },
      {
        why: `standard by "${key}"`,
        headers: { ...headers, "webhook-signature": signature },
      },
      {
        why: `jwt by "${key}"`,
        headers: bearer(hs256(key, claimsFor(strategy.slug))),
      },
    ];
  };
}

Deno.test("while two secrets are live each form of the old one is good, and once it is revoked none", async () => {
  const kit = await register();
  const path = `/strategies/${kit.strategy.slug}`;
  await provision("POST", `${path}/rotate`);
  const url = bareUrl(kit);
  const bodies = Array.from(
    { length: 5 },
    (_, n) => `{"signal":"BUY","n":${n}}`,
  );
  const attempts = await Promise.all(
    bodies.map(async (body, n) =>
      attempt(url, body, (await allWays(meansOf(kit), body))[n]!)
    ),
  );
  await assertAnswered(202, attempts);
  await provision("POST", `${path}/revoke`);
  await assertAnswered(401, attempts);
});

Deno.test("a secret that has ended is refused beside a live one, whatever an isolate remembers", async () => {
  await using database = openDatabase();
  await using isolate = await startIsolate("webhook");
  const kit = await register();
  const path = `/strategies/${kit.strategy.slug}/rotate`;
  const { body: rotated } = await provision<Kit>("POST", path);
  const url = isolate.at(rotated.urls.dedicated);
  // From here on the isolate remembers both.
  await assertAnswered(202, [{ why: "live", url }]);
  await database.sql`
    update private.secrets set expires_at = clock_timestamp()
    where strategy_id = ${kit.strategy.id} and expires_at is not null`;
  const body = '{"signal": "EXIT"}';
  const ended = await waysOf("hmac", meansOf(kit), body);
  await assertAnswered(
    401,
    ended.map(({ why, headers = {} }) => ({ why, url, body, headers })),
  );
});
