import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { fromBase64Url, fromHex, toBase64Url } from "../bytes.ts";
import { DECOY_KEYS } from "./decoy_keys.ts";
import { keyProblem, usableKeys } from "./jwk.ts";

type Key = Record<string, unknown>;

async function publicKey(alg: string, options = {}): Promise<Key> {
  const { publicKey } = await generateKeyPair(alg, {
    extractable: true,
    ...options,
  });
  return { ...await exportJWK(publicKey) };
}

const RSA = await publicKey("RS256");
const EC = await publicKey("ES256");
const ED = await publicKey("EdDSA");

const GOOD: [why: string, key: Key][] = [
  ["RSA", RSA],
  ["RSA for PS256", { ...RSA, alg: "PS256", use: "sig", kid: "1" }],
  ["RSA of 4096 bits", await publicKey("RS256", { modulusLength: 4096 })],
  ["RSA with exponent 3", { ...RSA, e: "Aw" }],
  ["P-256", EC],
  ["P-256 to verify with", { ...EC, "key_ops": ["verify"] }],
  ["Ed25519", ED],
  ...DECOY_KEYS.keys.map((key): [string, Key] => [`decoy ${key.kty}`, key]),
];

for (const [why, key] of GOOD) {
  Deno.test(`a key can be used: ${why}`, async () => {
    assert.equal(keyProblem(key), undefined);
    const alg = { RSA: "RS256", EC: "ES256", OKP: "EdDSA" }[String(key["kty"])];
    await importJWK(key as JWK, alg!);
  });
}

Deno.test("each of a hundred random keys of a curve can be used", async () => {
  for (const alg of ["ES256", "EdDSA"]) {
    const keys = await Promise.all(
      Array.from({ length: 100 }, () => publicKey(alg)),
    );
    assert.deepEqual(new Set(keys.map(keyProblem)), new Set([undefined]));
  }
});

/** An Ed25519 key of these bytes. */
const edOf = (hex: string): Key => ({
  kty: "OKP",
  crv: "Ed25519",
  x: toBase64Url(fromHex(hex)!),
});
const zeros = (bytes: number) => "00".repeat(bytes);

/** Every encoding of a point of small order, canonical or not (Cremers and Jackson, "Prime, order please!"). */
const SMALL_ORDER = [
  zeros(32),
  `${zeros(31)}80`,
  `01${zeros(31)}`,
  `01${zeros(30)}80`,
  `ec${"ff".repeat(30)}7f`,
  `ec${"ff".repeat(30)}ff`,
  `ed${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}ff`,
  `ee${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}ff`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

/** The key's member with its first byte changed. */
function flipped(key: Key, member: string): Key {
  const bytes = fromBase64Url(String(key[member]))!;
  bytes[0]! ^= 1;
  return { ...key, [member]: toBase64Url(bytes) };
}

const BAD: [why: string, key: Key][] = [
  ["no kind", {}],
  ["a shared key", { kty: "oct", k: "AAAA" }],
  ["RSA of 1024 bits", {
    ...RSA,
    n: toBase64Url(new Uint8Array(128).fill(255)),
  }],
  ["RSA of 20,000 bits", {
    ...RSA,
    n: toBase64Url(new Uint8Array(2500).fill(255)),
  }],
  ["RSA with an even modulus", { ...RSA, n: `${"_".repeat(341)}A` }],
  ["RSA with exponent 1", { ...RSA, e: "AQ" }],
  ["RSA with exponent 0", { ...RSA, e: "AA" }],
  ["RSA with exponent 2", { ...RSA, e: "Ag" }],
  ["RSA with an exponent of 64 bits", { ...RSA, e: "__________8" }],
  ["RSA without a modulus", { kty: "RSA", e: "AQAB" }],
  ["RSA for RS512", { ...RSA, alg: "RS512" }],
  ["RSA to encrypt with", { ...RSA, use: "enc" }],
  ["RSA to wrap keys with", { ...RSA, "key_ops": ["wrapKey"] }],
  ["P-384", { ...EC, crv: "P-384" }],
  ["a point off P-256", flipped(EC, "x")],
  ["P-256's point 0, 0", { ...EC, x: "A".repeat(43), y: "A".repeat(43) }],
  ["a coordinate of 31 bytes", { ...EC, x: "A".repeat(42) }],
  ["a coordinate that is no base64url", { ...EC, x: `${"!".repeat(43)}` }],
  ["P-256's private key", { ...EC, d: "AAAA" }],
  ["Ed448", { ...ED, crv: "Ed448" }],
  ["a point off Ed25519", edOf(`02${zeros(31)}`)],
  ...SMALL_ORDER.map((hex): [string, Key] => [
    `Ed25519's point ${hex}`,
    edOf(hex),
  ]),
];

for (const [why, key] of BAD) {
  Deno.test(`a key cannot be used: ${why}`, () => {
    assert.equal(typeof keyProblem(key), "string");
  });
}

Deno.test("a set's usable keys are left, without `ext`: a key that cannot be shown has no thumbprint", () => {
  const keys = [edOf(zeros(32)), { ...ED, ext: false }, null, 1, {}];
  assert.deepEqual(usableKeys({ keys }), [ED]);
});

for (const jwks of [undefined, null, 1, "x", {}, { keys: 1 }, []]) {
  Deno.test(`${JSON.stringify(jwks)} has no usable key`, () => {
    assert.deepEqual(usableKeys(jwks), []);
  });
}
