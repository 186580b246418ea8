/**
 * The platform's check before a function runs, `verify_jwt`: a token of the
 * project in `Authorization`. Codes: docs/guides/functions/error-codes.
 *
 * API keys are no tokens. The platform's documents disagree on whether a request
 * that has but such a key passes (docs/guides/functions/auth-headers); here it is
 * refused, so that nothing relies on it.
 *
 * @module
 */
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  jwtVerify,
} from "jose";

/** The reason that a request does not reach its function. */
export interface Refusal {
  code: string;
  message: string;
}

/** Checks a request's token; undefined lets it pass. */
export type VerifyJwt = (request: Request) => Promise<Refusal | undefined>;

/** Verifies with the keys that sign the project's tokens. */
export function verifyWith(jwks: { keys: JsonWebKey[] }): VerifyJwt {
  const keys = createLocalJWKSet(jwks);
  return async ({ method, headers }) => {
    // A browser asks for permission without credentials.
    if (method === "OPTIONS") return;
    const authorization = headers.get("authorization");
    if (!authorization) {
      return refusal("NO_AUTH_HEADER", "Missing authorization header");
    }
    const token = /^Bearer (\S+)$/.exec(authorization)?.[1] ?? "";
    const algorithm = algorithmOf(token);
    if (algorithm === undefined) {
      return refusal("INVALID_JWT_FORMAT", "Invalid JWT");
    }
    if (algorithm === "HS256") return refusal("LEGACY_JWT", "Invalid JWT");
    if (!["ES256", "RS256"].includes(algorithm)) {
      const message = `Unsupported JWT algorithm: ${algorithm}`;
      return refusal("UNSUPPORTED_TOKEN_ALGORITHM", message);
    }
    return await isSigned(token, keys)
      ? undefined
      : refusal("ASYMMETRIC_JWT", "Invalid JWT");
  };
}

function refusal(reason: string, message: string): Refusal {
  return { code: `UNAUTHORIZED_${reason}`, message };
}

/** Undefined if it is no token. */
function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch (error) {
    // The library's only error for what it cannot decode.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

async function isSigned(
  token: string,
  keys: ReturnType<typeof createLocalJWKSet>,
): Promise<boolean> {
  try {
    await jwtVerify(token, keys);
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
