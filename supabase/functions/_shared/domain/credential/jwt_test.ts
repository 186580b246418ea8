import assert from "node:assert/strict";
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  SignJWT,
} from "jose";
import { toBase64 } from "../bytes.ts";
import { verifyJwt } from "./jwt.ts";
import { openSecret } from "./secret.ts";

const NOW = new Date("2026-11-20T14:30:00Z");
const AT = NOW.getTime() / 1000;
const CLAIMS = { aud: "gold", iat: AT, exp: AT + 300, jti: "j1" };
const SECRET = openSecret("s", `whsec_${toBase64(new Uint8Array(32).fill(7))}`);

const pairs = await Promise.all(
  ["ES256", "ES256", "ES256"].map((alg) =>
    generateKeyPair(alg, { extractable: true })
  ),
);
const [first, second, foreign] = pairs.map(({ privateKey }) => privateKey);
const [firstJwk, secondJwk] = await Promise.all(
  pairs.map(({ publicKey }) => exportJWK(publicKey)),
);

function byKey(key = first!, claims: Record<string, unknown> = CLAIMS) {
  return new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(key);
}

function bySecret(claims: Record<string, unknown>) {
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256" })
    .sign(SECRET.key);
}

const verify = (token: string, jwks?: unknown) =>
  verifyJwt(token, { secrets: [SECRET], jwks, audiences: ["gold"] }, NOW);

Deno.test("a token without a key id holds by any of several keys of its kind", async () => {
  const jwks = { keys: [firstJwk, secondJwk] };
  for (const key of [first, second]) {
    assert.ok(await verify(await byKey(key), jwks));
  }
});

Deno.test("a token by none of several keys does not hold", async () => {
  const jwks = { keys: [firstJwk, secondJwk] };
  assert.equal(await verify(await byKey(foreign), jwks), undefined);
});

for (const jwks of [undefined, { keys: [] }, { keys: [{}] }, { keys: 1 }, []]) {
  Deno.test(`a token by a key does not hold with ${JSON.stringify(jwks)} as key set`, async () => {
    assert.equal(await verify(await byKey(), jwks), undefined);
  });
}

Deno.test("a token by a key is known by the key's thumbprint, and says nothing of a secret", async () => {
  const held = await verify(await byKey(), { keys: [firstJwk] });
  const thumbprint = await calculateJwkThumbprint(firstJwk!);
  assert.deepEqual(held, { claims: CLAIMS, thumbprint });
});

const TIMES: [why: string, claims: Record<string, number>, holds: boolean][] = [
  ["that ends in a second", { iat: AT - 9, exp: AT + 1 }, true],
  ["that ends now", { iat: AT - 9, exp: AT }, false],
  ["that lives for 3600 s", { exp: AT + 3600 }, true],
  ["that lives for 3601 s", { exp: AT + 3601 }, false],
  ["signed 60 s ahead", { iat: AT + 60 }, true],
  ["signed 61 s ahead", { iat: AT + 61 }, false],
  ["that begins now", { nbf: AT }, true],
  ["that begins in a second", { nbf: AT + 1 }, false],
  ["that began in a fraction", { nbf: AT - 0.5 }, true],
];

for (const [why, claims, holds] of TIMES) {
  Deno.test(`a token ${why} ${holds ? "holds" : "does not hold"}`, async () => {
    const token = await bySecret({ ...CLAIMS, ...claims });
    assert.equal(await verify(token) !== undefined, holds);
  });
}

const AUDIENCES: [aud: unknown, holds: boolean][] = [
  ["gold", true],
  [["gold"], true],
  [["gold", "silver"], false],
  [["gold", "gold"], false],
  [[], false],
];

for (const [aud, holds] of AUDIENCES) {
  Deno.test(`a token for ${JSON.stringify(aud)} ${holds ? "holds" : "does not hold"}`, async () => {
    const token = await bySecret({ ...CLAIMS, aud });
    assert.equal(await verify(token) !== undefined, holds);
  });
}
