/** What JSON Web Tokens permit, and that each is good for one alert. */
import assert from "node:assert/strict";
import { assertAnswered, together } from "../../support/attempts.ts";
import {
  openDatabase,
  provision,
  register,
  send,
} from "../../support/project.ts";
import {
  bareUniversalUrl,
  bareUrl,
  bearer,
  claimsFor,
  type Fields,
  hs256,
  numberedAlert as alert,
} from "../../support/senders.ts";
import { sendAs } from "./send_as.ts";

Deno.test("the audience may be a list of the slug alone, or an alias", async () => {
  const kit = await register({ aliases: [`alias ${crypto.randomUUID()}`] });
  const { slug } = kit.strategy;
  const { body } = await provision<{ strategy: { aliases: string[] } }>(
    "GET",
    `/strategies/${slug}`,
  );
  const [alias] = body.strategy.aliases;
  for (const aud of [[slug], alias]) {
    const answer = await sendAs(kit, { aud }, alert(1, { aud }));
    assert.equal(answer.status, 202, JSON.stringify(aud));
  }
});

Deno.test("a token may be signed up to a minute ahead, live for an hour, and name a past nbf", async () => {
  const kit = await register();
  const now = Math.floor(Date.now() / 1000);
  const claims: Fields[] = [
    { iat: now + 58 },
    { exp: now + 3600 },
    { nbf: now - 1 },
    { iat: now - 3000, exp: now + 600 },
    { jti: "j".repeat(256) },
    { jti: "Ü 金 ' or 1=1" },
  ];
  for (const [n, own] of claims.entries()) {
    const answer = await sendAs(kit, own, alert(n));
    assert.equal(answer.status, 202, JSON.stringify(own));
  }
});

Deno.test("the universal endpoint takes a token for the strategy that the alert names", async () => {
  const kit = await register();
  const { slug } = kit.strategy;
  const url = bareUniversalUrl(kit);
  const send = (strategy: string | undefined) => ({
    why: `${strategy}`,
    url,
    body: alert(1, { strategy }),
    headers: bearer(hs256(kit.secret, claimsFor(slug))),
  });
  const { strategy: other } = await register();
  await assertAnswered(401, [
    send(undefined),
    send("nobody"),
    send(other.slug),
  ]);
  await assertAnswered(202, [send(slug)]);
});

const SYMBOLS = { symbols: ["XAUUSD", "OANDA:EURUSD"] };
const ACTIONS = { actions: ["buy", "exit"] };

const PERMITTED: [claims: Fields, alert: Fields, status: number][] = [
  [SYMBOLS, { symbol: "XAUUSD" }, 202],
  [SYMBOLS, { symbol: "OANDA:XAUUSD" }, 202],
  [SYMBOLS, { symbol: "OANDA:EURUSD" }, 202],
  [SYMBOLS, { symbol: "FXCM:EURUSD" }, 403],
  [SYMBOLS, { symbol: "EURUSD" }, 403],
  [SYMBOLS, { symbol: "XAUUSDT" }, 403],
  [SYMBOLS, {}, 403],
  [{ symbols: [] }, { symbol: "XAUUSD" }, 403],
  [ACTIONS, { signal: "BUY" }, 202],
  [ACTIONS, { signal: "SELL" }, 403],
  [{ actions: [] }, { signal: "BUY" }, 403],
  [{ ...SYMBOLS, ...ACTIONS }, { signal: "BUY", symbol: "XAUUSD" }, 202],
  [{ ...SYMBOLS, ...ACTIONS }, { signal: "SELL", symbol: "XAUUSD" }, 403],
];

Deno.test("a token permits the symbols and actions that it claims, and an alert that names none is outside them", async () => {
  const wrong = await together(PERMITTED, async ([claims, fields, status]) => {
    const kit = await register();
    const { status: actual, body } = await sendAs(
      kit,
      claims,
      alert(1, fields),
    );
    const code = status === 403 ? "not_permitted" : undefined;
    const isRight = actual === status && body.code === code;
    return isRight ? [] : [{ claims, fields, actual, body }];
  }, 4);
  assert.deepEqual(wrong.flat(), []);
});

Deno.test("a token is good for one alert: the same again is a duplicate, another is refused", async () => {
  const kit = await register();
  const jti = crypto.randomUUID();
  assert.equal((await sendAs(kit, { jti }, alert(1))).status, 202);
  const again = await sendAs(kit, { jti }, alert(1));
  assert.deepEqual([again.status, again.body.status], [200, "duplicate"]);
  const other = await sendAs(kit, { jti }, alert(2));
  assert.deepEqual([other.status, other.body.code], [401, "not_authorized"]);
  const fresh = await sendAs(kit, {}, alert(2));
  assert.equal(fresh.status, 202);
});

Deno.test("one token under a hundred bodies at once makes one signal", async () => {
  await using database = openDatabase();
  const kit = await register();
  const token = hs256(kit.secret, claimsFor(kit.strategy.slug));
  const answers = await Promise.all(
    Array.from(
      { length: 100 },
      (_, n) => send(bareUrl(kit), alert(n), bearer(token)),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [202, ...Array.from({ length: 99 }, () => 401)]);
  const [row] = await database.sql`
    select count(*)::int as signals from signals
    where strategy_id = ${kit.strategy.id}`;
  assert.equal(row!.signals, 1);
});

Deno.test("the same jti under another strategy is another alert", async () => {
  const jti = crypto.randomUUID();
  for (const kit of await Promise.all([register(), register()])) {
    assert.equal((await sendAs(kit, { jti }, alert(1))).status, 202);
  }
});
