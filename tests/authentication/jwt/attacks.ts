/** Tokens of the right key with one thing wrong: in the header, in the claims, in how they are written. */
import { claimsFor, type Fields, hs256, part } from "../../support/senders.ts";

/** The attacker's means: everything but the private keys; `secret` where the token is ours but for one thing. */
export interface Means {
  secret: string;
  slug: string;
  /** Slug of another strategy. */
  foreign: string;
  /** A place that nobody may be made to look at. */
  trap: string;
}

export type Attack = [why: string, token: (means: Means) => string];

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

export const HEADERS: Attack[] = [
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

export const PAYLOADS: Attack[] = [
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

export const SPELLINGS: Attack[] = [
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
