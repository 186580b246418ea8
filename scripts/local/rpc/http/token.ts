/** Verifies tokens as PostgREST does (its `Auth/Jwt.hs`). */
import {
  compactVerify,
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
} from "jose";
import { Problem } from "./problem.ts";

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** A token's claims as the sender wrote them: their types are not checked. */
export type Claims = Record<string, unknown>;

/** The largest difference allowed between the signer's clock and ours. */
const SKEW_S = 30;

/** Checks of the times, in PostgREST's order. */
const TIMES: [string, (time: number, now: number) => boolean, string][] = [
  ["exp", (time, now) => time < now - SKEW_S, "JWT expired"],
  ["nbf", (time, now) => time > now + SKEW_S, "JWT not yet valid"],
  ["iat", (time, now) => time > now + SKEW_S, "JWT issued at future"],
];

/** Returns the token's claims, or throws PostgREST's 401. */
export async function verifyToken(
  token: string,
  keys: KeySet,
): Promise<Claims> {
  const parts = token.split(".").length;
  if (parts !== 3) throw undecodable(`Expected 3 parts in JWT; got ${parts}`);
  const claims = parseClaims(await verifySignature(token, keys));
  const error = claimsError(claims, Math.floor(Date.now() / 1000));
  if (error !== undefined) throw unauthorized("PGRST303", error);
  return claims;
}

async function verifySignature(
  token: string,
  keys: KeySet,
): Promise<Uint8Array> {
  try {
    return (await compactVerify(token, keys)).payload;
  } catch (error) {
    throw signatureProblem(error, token);
  }
}

function signatureProblem(error: unknown, token: string): Problem {
  const noKey = "No suitable key or wrong key type";
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return undecodable(noKey, "None of the keys was able to decode the JWT");
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return undecodable(noKey, "No suitable key was found to decode the JWT");
  }
  if (!(error instanceof errors.JOSENotSupported)) {
    return undecodable("JWT cryptographic operation failed");
  }
  return decodeProtectedHeader(token).alg === "none"
    ? undecodable(
      "Wrong or unsupported encoding algorithm",
      "JWT is unsecured but expected 'alg' was not 'none'",
    )
    : undecodable(noKey, "No suitable key was found to decode the JWT");
}

function parseClaims(payload: Uint8Array): Claims {
  try {
    const claims = JSON.parse(new TextDecoder().decode(payload));
    if (claims instanceof Object && !Array.isArray(claims)) return claims;
  } catch {
    // Invalid JSON is refused like JSON that is not an object.
  }
  throw unauthorized("PGRST303", "Parsing claims failed");
}

/** Returns the first error in the claims; null counts as absent. */
function claimsError(claims: Claims, now: number): string | undefined {
  for (const [name, isWrong, error] of TIMES) {
    const value = claims[name] ?? undefined;
    if (value === undefined) continue;
    if (typeof value !== "number") {
      return `The JWT '${name}' claim must be a number`;
    }
    if (isWrong(wholeOrZero(value), now)) return error;
  }
  if (!isAudience(claims["aud"] ?? [])) {
    return "The JWT 'aud' claim must be a string or an array of strings";
  }
}

/** Returns 0 for a number that is not whole, as PostgREST does. */
function wholeOrZero(value: number): number {
  return Number.isSafeInteger(value) ? value : 0;
}

function isAudience(aud: unknown): boolean {
  const all = Array.isArray(aud) ? aud : [aud];
  return all.every((each) => typeof each === "string");
}

function undecodable(message: string, details: string | null = null): Problem {
  return unauthorized("PGRST301", message, details);
}

function unauthorized(
  code: string,
  message: string,
  details: string | null = null,
): Problem {
  const challenge = `Bearer error="invalid_token", ` +
    `error_description="${message}"`;
  const headers = { "www-authenticate": challenge };
  return new Problem({ status: 401, code, message, details, headers });
}
