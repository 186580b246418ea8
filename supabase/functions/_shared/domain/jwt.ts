/**
 * JSON Web Tokens of senders. The library's defaults are not a policy, so the policy stands here.
 *
 * @module
 */
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyOptions,
} from "jose";
import { z } from "zod";
import type { Secret } from "./secret.ts";

const ASYMMETRIC = ["RS256", "PS256", "ES256", "EdDSA"];
const MAX_LIFETIME_S = 3600;
const MAX_AHEAD_S = 60;

const seconds = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const claimsSchema = z.object({
  exp: seconds,
  iat: seconds,
  // deno-lint-ignore no-control-regex -- Postgres cannot store NUL
  jti: z.string().min(1).max(256).regex(/^[^\u0000]+$/),
  symbols: z.array(z.string()).optional(),
  actions: z.array(z.string()).optional(),
});

/** What a verified token says beyond who signed it. */
export type JwtClaims = z.infer<typeof claimsSchema>;

interface Keys {
  secrets: readonly Secret[];
  jwks?: unknown;
  audiences: readonly string[];
}

/** Verifies signature, audience, times and `jti`; `undefined` if anything does not hold. */
export async function verifyJwt(
  token: string,
  keys: Keys,
  now: Date,
): Promise<{ claims: JwtClaims; secret?: Secret } | undefined> {
  const verified = await verifySignature(token, keys, now);
  const claims = verified && readClaims(verified.payload, now);
  return claims &&
    { claims, ...(verified.secret && { secret: verified.secret }) };
}

interface Verified {
  payload: JWTPayload;
  secret?: Secret;
}

async function verifySignature(
  token: string,
  { secrets, jwks, audiences }: Keys,
  now: Date,
): Promise<Verified | undefined> {
  const header = headerOf(token);
  // `b64` and `crit` change what is signed: nothing a sender of alerts needs.
  if (!header || header.crit !== undefined || header.b64 !== undefined) {
    return undefined;
  }
  const options = {
    audience: [...audiences],
    currentDate: now,
    requiredClaims: ["exp", "iat", "jti", "aud"],
  };
  if (header.alg === "HS256") return await bySecret(token, secrets, options);
  return jwks && ASYMMETRIC.includes(header.alg ?? "")
    ? await byKeySet(token, jwks, options)
    : undefined;
}

function headerOf(
  token: string,
): ReturnType<typeof decodeProtectedHeader> | undefined {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined; // not a JWT: the caller refuses it like any wrong credential
  }
}

/** Tries every key, so that the time does not tell which secret is the current one. */
async function bySecret(
  token: string,
  secrets: readonly Secret[],
  options: JWTVerifyOptions,
): Promise<Verified | undefined> {
  const tried = await Promise.all(
    secrets.flatMap((secret) =>
      [secret.key, secret.textKey].map(async (key) => {
        const payload = await settle(
          jwtVerify(token, key, { ...options, algorithms: ["HS256"] }),
        );
        return payload && { payload, secret };
      })
    ),
  );
  return tried.find((verified) => verified !== undefined);
}

async function byKeySet(
  token: string,
  jwks: unknown,
  options: JWTVerifyOptions,
): Promise<Verified | undefined> {
  const verifying = async () => {
    const policy = { ...options, algorithms: ASYMMETRIC };
    try {
      return await jwtVerify(token, keySetOf(jwks), policy);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // Without a key id every key that fits is tried.
      for await (const key of error) {
        const verified = await jwtVerify(token, key, policy)
          .catch(() => undefined);
        if (verified) return verified;
      }
      throw error;
    }
  };
  const payload = await settle(verifying());
  return payload && { payload };
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** By the set as the catalog has it: keys are imported once, not with every token. */
const keySets = new WeakMap<object, KeySet>();

/** Throws if the set cannot be used. */
function keySetOf(jwks: unknown): KeySet {
  const set = jwks as Parameters<typeof createLocalJWKSet>[0];
  const known = keySets.get(set);
  if (known) return known;
  const made = createLocalJWKSet(set);
  keySets.set(set, made);
  return made;
}

/** Any failure of the library, whatever its class, means that the token does not hold. */
async function settle(
  verifying: Promise<{ payload: JWTPayload }>,
): Promise<JWTPayload | undefined> {
  return await verifying.then(({ payload }) => payload, () => undefined);
}

function readClaims(payload: JWTPayload, now: Date): JwtClaims | undefined {
  const { success, data } = claimsSchema.safeParse(payload);
  if (!success) return undefined;
  const lifetime = data.exp - data.iat;
  const ahead = data.iat - now.getTime() / 1000;
  return lifetime > 0 && lifetime <= MAX_LIFETIME_S && ahead <= MAX_AHEAD_S
    ? data
    : undefined;
}
