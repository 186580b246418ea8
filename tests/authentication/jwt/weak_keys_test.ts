/** Keys by which anybody could sign, or nobody: refused where they are set, and unusable where SQL set them. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";
import { assertAnswered } from "../../support/attempts.ts";
import {
  openDatabase,
  type Problem,
  provision,
  register,
} from "../../support/project.ts";
import {
  bareUrl,
  bearer,
  claimsFor,
  numberedAlert as alert,
  part,
} from "../../support/senders.ts";

const ec = await exportJWK((await generateKeyPair("ES256")).publicKey);
const rsa = await exportJWK((await generateKeyPair("RS256")).publicKey);
const short = generateKeyPairSync("rsa", { modulusLength: 1024 });

const ed = (first: number) => ({
  kty: "OKP",
  crv: "Ed25519",
  x: Buffer.from([first, ...Array(31).fill(0)]).toString("base64url"),
});

const WEAK: [why: string, key: Record<string, unknown>, sentence: RegExp][] = [
  ["an Ed25519 key of zeros", ed(0), /of small order: anybody can sign/],
  ["an Ed25519 key of the neutral point", ed(1), /of small order/],
  [
    "an RSA key of 1024 bits",
    { ...short.publicKey.export({ format: "jwk" }) },
    /1024 bits: 2048 to 16384 are wanted/,
  ],
  ["an RSA key with exponent 1", { ...rsa, e: "AQ" }, /its exponent/],
  ["a point off the curve", { ...ec, y: ec.x }, /not on the curve/],
  ["a key to encrypt with", { ...rsa, use: "enc" }, /its use is not sig/],
  ["a private key", { ...ec, d: ec.x }, /private key/],
  ["a shared key", { kty: "oct", k: "AAAA" }, /kty is not RSA, EC or OKP/],
];

for (const [why, key, sentence] of WEAK) {
  Deno.test(`provision refuses ${why} with a sentence that names it, and keeps what was set`, async () => {
    const kit = await register({ jwks: { keys: [ec] } });
    const path = `/strategies/${kit.strategy.slug}`;
    const jwks = { keys: [ec, key] };
    const { status, body } = await provision<Problem>("PATCH", path, { jwks });
    const [error] = body.errors ?? [];
    assert.deepEqual([status, error?.path], [422, "jwks.keys.1"]);
    assert.match(String(error?.message), sentence);
    const { body: shown } = await provision<{ strategy: { jwks: unknown } }>(
      "GET",
      path,
    );
    assert.deepEqual(shown.strategy.jwks, { keys: [ec] });
  });
}

/** Tokens with a signature of zeros behind the neutral point: it fits every token under a key of small order. */
function forgeries(slug: string): string[] {
  const neutral = Buffer.from([1, ...Array(63).fill(0)]);
  return Array.from({ length: 16 }, () => {
    const signed = `${part({ alg: "EdDSA" })}.${part(claimsFor(slug))}`;
    return `${signed}.${neutral.toString("base64url")}`;
  });
}

for (const first of [0, 1]) {
  Deno.test(`an Ed25519 key whose first byte is ${first} and the others 0 opens nothing, though SQL set it`, async () => {
    await using database = openDatabase();
    const kit = await register({ "auth_methods": ["jwt"] });
    const jwks = { keys: [ed(first)] };
    await database.sql`
      update strategies set jwks = ${database.sql.json(jwks)}
      where id = ${kit.strategy.id}`;
    await assertAnswered(
      401,
      forgeries(kit.strategy.slug).map((token, n) => ({
        why: `${n}`,
        url: bareUrl(kit),
        body: alert(n),
        headers: bearer(token),
      })),
    );
  });
}
