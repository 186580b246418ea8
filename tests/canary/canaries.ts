/** Spreads credentials, good and bad, over every place where a sender or an operator may put them. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ALERT } from "../support/attempts.ts";
import { type Kit, openDatabase, provision, send } from "../support/project.ts";
import {
  bareUrl,
  bearer,
  claimsFor,
  hs256,
  hubHeaders,
  standardHeaders,
  universalMeans,
} from "../support/senders.ts";

/** A text that stands nowhere else. */
function marker(name: string): string {
  return `canary${name}${crypto.randomUUID().replaceAll("-", "")}`;
}

/** Secrets that must not be found, by their kind. */
export type Canaries = Record<string, string>;

/** Uses every kind of credential, good and bad, in every place that a sender may put it. */
export async function spread(kit: Kit): Promise<Canaries> {
  const { slug } = kit.strategy;
  const url = bareUrl(kit);
  const universal = await universalMeans(kit);
  const jwt = hs256(kit.secret, claimsFor(slug));
  const badJwt = hs256("x", claimsFor(slug, { sub: marker("sub") }));
  const canaries: Canaries = {
    "wrong token": marker("token"),
    "second token": marker("second"),
    "basic password": marker("basic"),
    password: marker("password"),
    "nested secret": marker("nested"),
    "numeric key": `7${Date.now()}${Date.now()}`,
    "pair's passphrase": marker("pair"),
    "unreadable password": marker("unreadable"),
    "wide password": marker("wide"),
    licence: `${marker("licence")}1`,
    secret: kit.secret,
    token: kit.token,
    "universal secret": universal.secret,
    "universal token": universal.token,
    jwt,
    "wrong jwt": badJwt,
  };
  const body = (fields: Record<string, unknown>) =>
    JSON.stringify({ signal: "BUY", ...fields });
  const own = kit.urls.dedicated;
  const n = canaries["numeric key"];

  const refused: [string, Record<string, string>?][] = [
    [`${url}?token=${canaries["wrong token"]}`],
    [`${own}&token=${canaries["second token"]}`],
    [url, bearer(badJwt)],
    [url, { authorization: `Basic ${btoa(canaries["basic password"]!)}` }],
    [url, { authorization: canaries["basic password"]! }],
    [`${url}?token=${kit.universal.token}`],
  ];
  for (const [place, headers] of refused) {
    assert.equal((await send(place, ALERT, headers)).status, 401);
  }

  const secretBody = body({ comment: `my secret is ${kit.secret}` });
  const escaped = kit.secret.replace("w", "\\u0077").replaceAll("/", "\\/");
  const accepted: [string, string, Record<string, string>?][] = [
    [url, ALERT, bearer(jwt)],
    [url, ALERT, standardHeaders(kit.secret, ALERT)],
    [url, ALERT, await hubHeaders(kit.secret, ALERT)],
    [own, body({ password: canaries.password, PassWord: canaries.password })],
    [own, body({ a: [{ secret: { deep: canaries["nested secret"] } }] })],
    [own, `{"signal":"BUY","key":${n},"api_key":[${n}]}`],
    [own, `signal=BUY\npassphrase=${canaries["pair's passphrase"]}`],
    [own, `${canaries.licence},buy,EURUSD,risk=1`],
    [own, secretBody],
    [own, body({ comment: kit.token, x: own })],
    [own, `{"signal":"BUY","comment":"${escaped}"}`],
    [own, body({ comment: universal.secret, x: universal.token })],
    [
      kit.urls.universal,
      `{"strategy":"${slug}","signal":"BUY","comment":"${kit.secret}",}`,
    ],
    [kit.urls.universal, `strategy=${slug}\nsignal=BUY\ncomment=${kit.token}`],
  ];
  for (const [place, sent, headers] of accepted) {
    assert.equal((await send(place, sent, headers)).status, 202, sent);
    assert.equal((await send(place, sent, headers)).status, 200);
  }

  const wide = `{"password":"${
    canaries["wide password"]
  }","x":"${kit.secret}"}`;
  const broken: [string, BodyInit][] = [
    [own, `{"signal":"BUY","password":"${canaries["unreadable password"]}`],
    [own, `secret: ${canaries["unreadable password"]} and more`],
    [own, `{"signal":"${kit.secret}"}`],
    [own, `{"signal":"BUY","symbol":"${kit.token}","quantity":"${kit.token}"}`],
    [own, `{"signal":"BUY","strategy":"${kit.secret}"}`],
    [own, `\xff${kit.secret}`],
    [own, new Uint8Array(Buffer.from(wide, "utf16le"))],
    [kit.urls.universal, body({ strategy: kit.universal.token })],
    [kit.urls.universal, `{"strategy":"${slug}","token":"${kit.token}`],
  ];
  for (const [place, sent] of broken) {
    const { status } = await send(place, sent);
    assert.ok([202, 400, 422].includes(status), `${status}: ${sent}`);
  }
  return canaries;
}

/** Secrets that senders never see: the keys of deliveries, of cron's call and of the metrics. */
export async function internalSecrets({ routes }: Kit): Promise<Canaries> {
  await using database = openDatabase();
  const [row] = await database.sql`
    select read_wake_key() as wake, read_metrics_key() as metrics`;
  const secret = routes.map((route) => route.secret).find(Boolean);
  assert.ok(secret && row!.wake && row!.metrics);
  return {
    "route's secret": secret,
    "wake key": row!.wake,
    "metrics key": row!.metrics,
  };
}

/** Changes secrets in every way that does not name one. */
export async function rotate({ strategy: { slug } }: Kit): Promise<Canaries> {
  const path = `/strategies/${slug}`;
  const { body: rotated } = await provision<Kit>("POST", `${path}/rotate`);
  await provision("GET", path);
  await provision("GET", "/strategies");
  await provision("GET", `${path}?reveal=true`);
  const explained = marker("explained");
  for (const token of [rotated.token, explained]) {
    const url = rotated.urls.dedicated.replace(rotated.token, token);
    const dryRun = { body: `{"signal":"BUY","x":"${token}"}`, url };
    const test = { ...dryRun, "dry_run": true };
    const { status } = await provision("POST", `${path}/test`, test);
    assert.equal(status, 200);
  }
  await send(rotated.urls.dedicated, '{"signal":"SELL"}');
  await provision("POST", `${path}/revoke`);
  return {
    "rotated secret": rotated.secret,
    "rotated token": rotated.token,
    "explained token": explained,
  };
}
