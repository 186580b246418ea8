/**
 * The platform's check before a function runs, `verify_jwt`: `Authorization` must
 * contain a token of the project. Codes: docs/guides/functions/error-codes.
 *
 * API keys are not tokens. The platform's documents disagree on whether a request
 * with only an API key passes (docs/guides/functions/auth-headers); here it is
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

/** Returns why a request is refused, or undefined if its token is valid. */
export type VerifyJwt = (request: Request) => Promise<Refusal | undefined>;

/** Returns the check with the keys that sign the project's tokens. */
export function verifyJwtWith(jwks: { keys: JsonWebKey[] }): VerifyJwt {
  const keys = createLocalJWKSet(jwks);
  return async ({ method, headers }) => {
    // A browser's preflight request has no credentials.
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

/** Returns the token's algorithm, or undefined if it is not a token. */
function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch (error) {
    // The library's only error for a text that it cannot decode.
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
