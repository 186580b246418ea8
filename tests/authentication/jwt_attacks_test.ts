/** JSON Web Tokens that must not hold, each with one thing wrong. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync, sign } from "node:crypto";
import { ALERT, assertAnswered, sendAll } from "../support/attempts.ts";
import { type Kit, register, send } from "../support/project.ts";
import {
  bareUrl,
  bearer,
  claimsFor,
  type Fields,
  hs256,
  part,
} from "../support/senders.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const foreignEc = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwks = {
  keys: [
    { ...rsa.publicKey.export({ format: "jwk" }), kid: "rsa" },
    { ...ec.publicKey.export({ format: "jwk" }), kid: "ec" },
  ],
};

/** The attacker's means: everything but the private keys; `secret` where the token is ours but for one thing. */
interface Means {
  secret: string;
  slug: string;
  /** Slug of another strategy. */
  foreign: string;
  /** A place that nobody may be made to look at. */
  trap: string;
}

type Attack = [why: string, token: (means: Means) => string];

/** A good token but for its header. */
function headed(why: string, header: Fields | string): Attack {
  return [why, ({ secret, slug }) => hs256(secret, claimsFor(slug), header)];
}

/** A good token but for its claims; `undefined` leaves one out. */
function claiming(
  why: string,
  claims: Fields | ((now: number) => Fields),
): Attack {
  return [why, ({ secret, slug }) => {
    const now = Math.floor(Date.now() / 1000);
    const own = typeof claims === "function" ? claims(now) : claims;
    return hs256(secret, claimsFor(slug, own));
  }];
}

/** A good token but for how it is written. */
function spelled(why: string, spell: (token: string) => string): Attack {
  return [why, ({ secret, slug }) => spell(hs256(secret, claimsFor(slug)))];
}

function es256(payload: Fields, header: Fields, key = foreignEc): string {
  const signed = `${part({ alg: "ES256", ...header })}.${part(payload)}`;
  const signature = sign("sha256", Buffer.from(signed), {
    key: key.privateKey,
    dsaEncoding: "ieee-p1363",
  });
  return `${signed}.${signature.toString("base64url")}`;
}

const HEADERS: Attack[] = [
  ...["none", "nOnE", "None", "NONE", "", "HS384", "HS512", "hs256", "dir"]
    .map((alg) => headed(`alg "${alg}"`, { alg })),
  headed("no alg", { typ: "JWT" }),
  headed("alg as a list", { alg: ["HS256"] }),
  headed("alg twice, none last", '{"alg":"HS256","alg":"none"}'),
  headed("an unknown crit", { alg: "HS256", crit: ["x"], x: 1 }),
  headed("an empty crit", { alg: "HS256", crit: [] }),
  headed("crit b64", { alg: "HS256", crit: ["b64"], b64: false }),
  headed("b64 without crit", { alg: "HS256", b64: false }),
  headed("a header that is no object", "[]"),
  headed("a header that is no JSON", "{alg:HS256}"),
  headed("an empty header", "{}"),
];

const PAYLOADS: Attack[] = [
  ["an array as payload", ({ secret }) => hs256(secret, "[]")],
  ["a text as payload", ({ secret }) => hs256(secret, '"BUY"')],
  ["null as payload", ({ secret }) => hs256(secret, "null")],
  ["no JSON as payload", ({ secret }) => hs256(secret, "{aud:x}")],
  claiming("no exp", { exp: undefined }),
  claiming("exp as text", (now) => ({ exp: String(now + 300) })),
  claiming("negative exp", { exp: -1 }),
  claiming("exp of a fraction", (now) => ({ exp: now + 300.5 })),
  ["exp 1e400", ({ secret, slug }) => {
    const claims = claimsFor(slug, { exp: "EXP" });
    return hs256(secret, JSON.stringify(claims).replace('"EXP"', "1e400"));
  }],
  claiming("expired", (now) => ({ iat: now - 600, exp: now - 1 })),
  claiming("exp before iat", (now) => ({ iat: now + 50, exp: now + 40 })),
  claiming("a life of 3601 s", (now) => ({ exp: now + 3601 })),
  claiming("30 days old", (now) => ({ iat: now - 2592000, exp: now + 60 })),
  claiming("no iat", { iat: undefined }),
  claiming("iat as text", (now) => ({ iat: String(now) })),
  claiming("iat 62 s ahead", (now) => ({ iat: now + 62 })),
  claiming("nbf 62 s ahead", (now) => ({ nbf: now + 62 })),
  claiming("nbf as text", { nbf: "soon" }),
  claiming("no jti", { jti: undefined }),
  claiming("an empty jti", { jti: "" }),
  claiming("a jti of NUL", { jti: "a\0b" }),
  ["a jti of half a surrogate pair", ({ secret, slug }) => {
    const claims = JSON.stringify(claimsFor(slug, { jti: "HALF" }));
    return hs256(secret, claims.replace("HALF", "\\ud800"));
  }],
  claiming("a jti of 257", { jti: "j".repeat(257) }),
  claiming("jti as a number", { jti: 7 }),
  claiming("no aud", { aud: undefined }),
  claiming("an empty aud", { aud: "" }),
  claiming("aud as an empty list", { aud: [] }),
  claiming("aud of nobody", { aud: "nobody" }),
  claiming("aud as an object", { aud: { aud: "x" } }),
  [
    "aud of another strategy",
    ({ secret, foreign }) => hs256(secret, claimsFor(foreign)),
  ],
  claiming("symbols as text", { symbols: "XAUUSD" }),
  claiming("actions as null", { actions: null }),
];

const SPELLINGS: Attack[] = [
  spelled("no signature", (token) => token.replace(/[^.]+$/, "")),
  spelled("a signature cut off", (token) => token.slice(0, -2)),
  spelled("another signature", (token) => `${token.slice(0, -3)}AAA`),
  spelled("no payload", (token) => token.replace(/\.[^.]+\./, "..")),
  spelled("no header", (token) => token.replace(/^[^.]+/, "")),
  spelled("two parts", (token) => token.split(".").slice(0, 2).join(".")),
  spelled("four parts", (token) => `${token}.AAAA`),
  spelled("five parts, as JWE has", (token) => `${token}.AAAA.AAAA`),
  spelled("padding", (token) => `${token}=`),
  spelled("a blank inside", (token) => token.replace(".", ". ")),
  spelled("a tab before", (token) => `\t${token}`),
  spelled("the standard alphabet", (token) => `${token.slice(0, -1)}+`),
  spelled("9 kB", (token) => token.replace(/\./, `${"A".repeat(9000)}.`)),
  ["JSON serialization", ({ secret, slug }) => {
    const [header, payload, signature] = hs256(secret, claimsFor(slug))
      .split(".");
    return JSON.stringify({ protected: header, payload, signature });
  }],
  [
    "JWE compressed by a bomb",
    () =>
      [part({ alg: "dir", enc: "A256GCM", zip: "DEF" }), "", "AA", "AA", "AA"]
        .join("."),
  ],
];

const rsaPem = rsa.publicKey.export({ format: "pem", type: "spki" });
const ecJwk = ec.publicKey.export({ format: "jwk" });
const foreignJwk = foreignEc.publicKey.export({ format: "jwk" });

const KEYS: Attack[] = [
  [
    "HS256 by the RSA public key's PEM",
    ({ slug }) =>
      hs256(String(rsaPem), claimsFor(slug), { alg: "HS256", kid: "rsa" }),
  ],
  [
    "HS256 by a public key of the set",
    ({ slug }) =>
      hs256(JSON.stringify(ecJwk), claimsFor(slug), {
        alg: "HS256",
        kid: "ec",
      }),
  ],
  [
    "HS256 by the public point",
    ({ slug }) => hs256(Buffer.from(ecJwk.x!, "base64url"), claimsFor(slug)),
  ],
  ["HS256 by an empty key", ({ slug }) => hs256("", claimsFor(slug))],
  ["HS256 by one byte", ({ slug }) => hs256("\0", claimsFor(slug))],
  [
    "HS256 by the encoded text without its prefix",
    ({ secret, slug }) => hs256(secret.slice("whsec_".length), claimsFor(slug)),
  ],
  ["ES256 by a foreign key", ({ slug }) => es256(claimsFor(slug), {})],
  [
    "ES256 by a foreign key under a known kid",
    ({ slug }) => es256(claimsFor(slug), { kid: "ec" }),
  ],
  [
    "ES256 by an embedded key",
    ({ slug }) => es256(claimsFor(slug), { jwk: foreignJwk }),
  ],
  [
    "ES256 with r = s = 0",
    ({ slug }) =>
      es256(claimsFor(slug), { kid: "ec" }, ec)
        .replace(/[^.]+$/, "A".repeat(86)),
  ],
  [
    "RS256 whose header says ES256",
    ({ slug }) => es256(claimsFor(slug), { alg: "RS256", kid: "rsa" }, ec),
  ],
  ...["jku", "x5u"].map((name): Attack => [
    `ES256 by keys at a ${name}`,
    ({ slug, trap }) => es256(claimsFor(slug), { kid: "evil", [name]: trap }),
  ]),
  ...["../../../../dev/null", "' or 1=1; drop table strategies; --", "\0"].map((
    kid,
  ): Attack => [
    `ES256 by kid ${JSON.stringify(kid)}`,
    ({ slug }) => es256(claimsFor(slug), { kid }),
  ]),
  [
    "a kid of 8 kB",
    ({ slug }) => es256(claimsFor(slug), { kid: "k".repeat(8192) }),
  ],
  ["HS256 with kid /dev/null, by an empty key", ({ slug }) => {
    const header = { alg: "HS256", kid: "../../../../dev/null" };
    return hs256("", claimsFor(slug), header);
  }],
];

const ATTACKS = [...HEADERS, ...PAYLOADS, ...SPELLINGS, ...KEYS];

async function meansOf(kit: Kit, trap: string): Promise<Means> {
  const other = await register();
  const { secret, strategy } = kit;
  return { secret, slug: strategy.slug, foreign: other.strategy.slug, trap };
}

Deno.test(`${ATTACKS.length} attacks on JSON Web Tokens are refused alike, and none makes us call anybody`, async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let calls = 0;
  const listening = (async () => {
    for await (const connection of listener) {
      calls++;
      connection.close();
    }
  })();
  const kit = await register({ "auth_methods": ["jwt"], jwks });
  const { port } = listener.addr as Deno.NetAddr;
  const means = await meansOf(kit, `http://127.0.0.1:${port}/jwks`);
  const attempts = ATTACKS.map(([why, token]) => ({
    why,
    url: bareUrl(kit),
    headers: bearer(token(means)),
  }));
  await assertAnswered(401, attempts);
  const answers = await sendAll(attempts);
  const bodies = answers.map(({ body, headers }) =>
    JSON.stringify(body).replace(headers.get("x-correlation-id")!, "")
  );
  assert.equal(new Set(bodies).size, 1);
  const good = es256(claimsFor(kit.strategy.slug), { kid: "ec" }, ec);
  assert.equal((await send(bareUrl(kit), ALERT, bearer(good))).status, 202);
  listener.close();
  await listening.catch(() => {});
  assert.equal(calls, 0);
});

Deno.test("a token of a megabyte is refused, and the next alert is taken", async () => {
  const kit = await register();
  const headers = bearer(`${"A".repeat(1 << 20)}.AAAA.AAAA`);
  const response = await fetch(bareUrl(kit), {
    method: "POST",
    headers,
    body: ALERT,
  }).catch((error: Error) => error);
  // The server in front may end a connection whose headers never end.
  if (response instanceof Response) {
    await response.body?.cancel();
    assert.ok([400, 401, 431].includes(response.status), `${response.status}`);
  }
  assert.equal((await send(kit.urls.dedicated, ALERT)).status, 202);
});
