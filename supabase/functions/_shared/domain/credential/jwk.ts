/**
 * Judges the public keys of a strategy's set. The runtime imports keys that let anybody sign, and keys that never
 * verify anything.
 *
 * @module
 */
import { fromBase64Url, toHex } from "../bytes.ts";

type Key = Record<string, unknown>;

/** Algorithms by the kind of their keys (RFC 7518, RFC 8037). */
const ALGORITHMS: Record<string, readonly string[]> = {
  RSA: ["RS256", "PS256"],
  EC: ["ES256"],
  OKP: ["EdDSA", "Ed25519"],
};
/** Members of RFC 7518 that only a private or a shared key has. */
const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const MIN_RSA_BITS = 2048;
/** Longer ones would cost every token too much. */
const MAX_RSA_BITS = 16_384;
const MAX_RSA_EXPONENT = 2n ** 32n;
const COORDINATE_BYTES = 32;

/** P-256: y² = x³ − 3x + b over the field of this prime (SP 800-186, 3.2.1.3). */
const P256 = {
  prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
};

/** Edwards25519: −x² + y² = 1 + d·x²·y² over the field of this prime (RFC 8032, 5.1). */
const ED25519 = {
  prime: 2n ** 255n - 19n,
  d: 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n,
};
/** Of the points whose order is 8; the others of small order have y = 0, 1 or −1. */
const Y_OF_ORDER_8 =
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

/** Returns why a key verifies no sender's token, or anybody's; `undefined`: it can be used. */
export function keyProblem(given: unknown): string | undefined {
  if (typeof given !== "object" || given === null) return "it is no object";
  const key = { ...given } as Key;
  const { kty, alg, use, key_ops } = key;
  const algorithms = ALGORITHMS[String(kty)];
  if (!algorithms) return "its kty is not RSA, EC or OKP";
  if (PRIVATE.some((member) => member in key)) {
    return "it is a private key: leave its private members out, and make a new one if others may have seen it";
  }
  if (alg !== undefined && !algorithms.includes(String(alg))) {
    return `its alg is not ${algorithms.join(" or ")}`;
  }
  if (use !== undefined && use !== "sig") return "its use is not sig";
  if (Array.isArray(key_ops) && !key_ops.includes("verify")) {
    return "its key_ops lack verify";
  }
  switch (kty) {
    case "RSA":
      return rsaProblem(key);
    case "EC":
      return ecProblem(key);
    default:
      return edProblem(key);
  }
}

/** Returns the keys of a set that can be used, in a form in which the runtime shows them again. */
export function usableKeys(jwks: unknown): Key[] {
  const { keys } = (jwks ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) return [];
  return keys.filter((key) => keyProblem(key) === undefined)
    .map(({ ext: _, ...key }) => key);
}

function rsaProblem({ n, e }: Key): string | undefined {
  const modulus = integerOf(n);
  const exponent = integerOf(e);
  if (modulus === undefined || exponent === undefined) {
    return "its n or e is not base64url";
  }
  const { length } = modulus.toString(2);
  if (length < MIN_RSA_BITS || length > MAX_RSA_BITS) {
    return `its modulus has ${length} bits: ${MIN_RSA_BITS} to ${MAX_RSA_BITS} are wanted`;
  }
  if (modulus % 2n === 0n) return "its modulus is even";
  const isUsual = exponent % 2n === 1n && exponent > 1n &&
    exponent < MAX_RSA_EXPONENT;
  return isUsual
    ? undefined
    : "its exponent is not an odd number from 3 to 2^32";
}

function ecProblem({ crv, x, y }: Key): string | undefined {
  if (crv !== "P-256") return "its crv is not P-256";
  const [left, right] = [x, y].map(coordinateOf);
  if (left === undefined || right === undefined) {
    return "its x or y is not 32 bytes in base64url";
  }
  const { prime, b } = P256;
  const isOnCurve = left < prime && right < prime &&
    (right ** 2n - left ** 3n + 3n * left - b) % prime === 0n;
  return isOnCurve ? undefined : "its point is not on the curve";
}

function edProblem({ crv, x }: Key): string | undefined {
  if (crv !== "Ed25519") return "its crv is not Ed25519";
  const bytes = typeof x === "string" ? fromBase64Url(x) : undefined;
  if (bytes?.length !== COORDINATE_BYTES) {
    return "its x is not 32 bytes in base64url";
  }
  const { prime } = ED25519;
  const encoded = BigInt(`0x${toHex(bytes.toReversed())}`);
  const y = encoded % 2n ** 255n; // the top bit is the sign of the other coordinate
  const small = [0n, 1n, prime - 1n, Y_OF_ORDER_8, prime - Y_OF_ORDER_8];
  if (y >= prime || !isOnEdwards(y)) return "its point is not on the curve";
  return small.includes(y)
    ? "its point is of small order: anybody can sign for it"
    : undefined;
}

/** Whether x² = (y² − 1) / (d·y² + 1) has a root, by Euler's criterion: a quotient has one as its product has. */
function isOnEdwards(y: bigint): boolean {
  const { prime, d } = ED25519;
  const square = (y ** 2n - 1n) * (d * y ** 2n + 1n) % prime;
  return powerOf(square, (prime - 1n) / 2n, prime) <= 1n;
}

function powerOf(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let factor = (base % modulus + modulus) % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = result * factor % modulus;
    factor = factor * factor % modulus;
  }
  return result;
}

function coordinateOf(text: unknown): bigint | undefined {
  const bytes = typeof text === "string" ? fromBase64Url(text) : undefined;
  return bytes?.length === COORDINATE_BYTES ? integerOf(text) : undefined;
}

function integerOf(text: unknown): bigint | undefined {
  const bytes = typeof text === "string" ? fromBase64Url(text) : undefined;
  return bytes?.length ? BigInt(`0x${toHex(bytes)}`) : undefined;
}
