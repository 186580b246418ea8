/**
 * JSON Web Tokens of senders. A library's defaults are not a policy, so the policy stands here.
 *
 * @module
 */
import {
  calculateJwkThumbprint,
  type CompactJWSHeaderParameters,
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  exportJWK,
  type JWK,
} from "jose";
import { z } from "zod";
import { fromBase64Url, utf8 } from "../bytes.ts";
import { isStorable } from "../json/postgres_text.ts";
import { DECOY_KEYS } from "./decoy_keys.ts";
import { usableKeys } from "./jwk.ts";
import { findSigner, type Secret, signingKeys } from "./secret.ts";

const ASYMMETRIC = ["RS256", "PS256", "ES256", "EdDSA"];
const MAX_LIFETIME_S = 3600;
const MAX_AHEAD_S = 60;

const seconds = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const claimsSchema = z.object({
  // One audience: a token for several would be accepted once by each.
  aud: z.union([z.string(), z.tuple([z.string()]).transform(([one]) => one)]),
  exp: seconds,
  iat: seconds,
  nbf: z.number().optional(),
  jti: z.string().min(1).max(256).refine(isStorable),
  symbols: z.array(z.string()).optional(),
  actions: z.array(z.string()).optional(),
  intents: z.array(z.string()).optional(),
});

/** The claims of a verified token; times in Unix seconds. */
export type JwtClaims = z.infer<typeof claimsSchema>;

interface Keys {
  secrets: readonly Secret[];
  jwks?: unknown;
  audiences: readonly string[];
}

/** Who signed: one of our secrets, or a key of the strategy's set. */
type Signer = { secret: Secret } | { thumbprint: string };

type Header = CompactJWSHeaderParameters;

/** Verifies signature, audience, times and `jti`; `undefined` if one is invalid. */
export async function verifyJwt(
  token: string,
  keys: Keys,
  now: Date,
): Promise<{ claims: JwtClaims } & Signer | undefined> {
  const signer = await findSignerOf(token, keys);
  const claims = signer && readClaims(token, keys.audiences, now);
  return claims && { claims, ...signer };
}

async function findSignerOf(
  token: string,
  { secrets, jwks }: Keys,
): Promise<Signer | undefined> {
  const header = headerOf(token);
  // `b64` and `crit` change what is signed: nothing a sender of alerts needs.
  if (!header || header.crit !== undefined || header.b64 !== undefined) {
    return undefined;
  }
  if (header.alg === "HS256") return bySecret(token, secrets);
  if (!ASYMMETRIC.includes(header.alg ?? "")) return undefined;
  return await byKeySet(token, header, jwks);
}

/** `undefined` if the text is no JWT: it is refused like any wrong credential. */
function headerOf(token: string): Header | undefined {
  try {
    return decodeProtectedHeader(token) as Header;
  } catch {
    return undefined;
  }
}

/** HS256 (RFC 7518 §3.2): an HMAC as any other, over what stands before the last dot. */
function bySecret(
  token: string,
  secrets: readonly Secret[],
): { secret: Secret } | undefined {
  const end = token.lastIndexOf(".");
  const signature = fromBase64Url(token.slice(end + 1));
  const signed = utf8(token.slice(0, end));
  const signer = signature &&
    findSigner(signingKeys(secrets), [signature], signed);
  return signer && { secret: signer[0] };
}

/**
 * Verifies with the keys of the set that fit the token's `alg` and `kid`. If none does, a decoy key is tried, in
 * vain: otherwise the time would reveal that a strategy exists, or which keys it has.
 */
async function byKeySet(
  token: string,
  header: Header,
  jwks: unknown,
): Promise<{ thumbprint: string } | undefined> {
  const own = typeof jwks === "object" && jwks
    ? await fittingKeys(jwks, header)
    : [];
  const keys = own.length
    ? own
    : await fittingKeys(DECOY_KEYS, { alg: header.alg });
  const results = await Promise.all(keys.map((key) => isSignedBy(key, token)));
  const signer = own.find((_, index) => results[index]);
  return signer && { thumbprint: await thumbprintOf(signer) };
}

/** None, if the set cannot be used. */
async function fittingKeys(
  jwks: object,
  header: Header,
): Promise<PublicKey[]> {
  try {
    return [await keySetOf(jwks)(header)];
  } catch (error) {
    return error instanceof errors.JWKSMultipleMatchingKeys
      ? await Array.fromAsync(error)
      : [];
  }
}

/** Any failure of the library, whatever its class, means an invalid signature. */
async function isSignedBy(key: PublicKey, token: string): Promise<boolean> {
  return await compactVerify(token, key, { algorithms: ASYMMETRIC })
    .then(() => true, () => false);
}

type KeySet = ReturnType<typeof createLocalJWKSet>;
type PublicKey = Awaited<ReturnType<KeySet>>;

/** Imported key sets, so that keys are not imported again with every token. */
const keySets = new WeakMap<object, KeySet>();

/** Leaves keys out that cannot be used: Studio takes any. */
function keySetOf(jwks: object): KeySet {
  const known = keySets.get(jwks);
  if (known) return known;
  const made = createLocalJWKSet({ keys: usableKeys(jwks) as JWK[] });
  keySets.set(jwks, made);
  return made;
}

/** Thumbprints of keys that have signed. */
const thumbprints = new WeakMap<PublicKey, string>();

async function thumbprintOf(key: PublicKey): Promise<string> {
  const known = thumbprints.get(key);
  if (known !== undefined) return known;
  const made = await calculateJwkThumbprint(await exportJWK(key));
  thumbprints.set(key, made);
  return made;
}

function payloadOf(token: string): unknown {
  try {
    return decodeJwt(token);
  } catch {
    return undefined; // signed, but no JWT
  }
}

function readClaims(
  token: string,
  audiences: readonly string[],
  now: Date,
): JwtClaims | undefined {
  const { success, data } = claimsSchema.safeParse(payloadOf(token));
  if (!success) return undefined;
  const at = now.getTime() / 1000;
  const { aud, exp, iat, nbf = 0 } = data;
  const isForUs = audiences.includes(aud);
  const isLive = nbf <= at && at < exp && iat - at <= MAX_AHEAD_S;
  const lifetime = exp - iat;
  const isShort = lifetime > 0 && lifetime <= MAX_LIFETIME_S;
  return isForUs && isLive && isShort ? data : undefined;
}
