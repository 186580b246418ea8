/** Who calls: API key and bearer token to a role, as gateway and PostgREST do it. */
import { createLocalJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { type Keys, publicKeys } from "../keys.ts";
import { Problem } from "./problem.ts";

export interface Identity {
  role: string;
  claims: JWTPayload;
}

/** Tells who sent a request, or why nobody known did. */
export type Identify = (headers: Headers) => Promise<Identity | Response>;

/** Knows the project's keys. */
export function identifyWith(keys: Keys): Identify {
  const jwks = createLocalJWKSet(publicKeys(keys.signingKey));
  const roles = new Map([
    [keys.secretKey, "service_role"],
    [keys.publishableKey, "anon"],
  ]);
  return async (headers) => {
    const key = headers.get("apikey");
    if (!key) {
      return refuse(
        "No API key found in request",
        "No `apikey` request header or url param was found.",
      );
    }
    const role = roles.get(key);
    if (!role) {
      return refuse(
        "Invalid API key",
        "Double check your Supabase `anon` or `service_role` API key.",
      );
    }
    const token = bearerToken(headers);
    // Older clients send the key there as well; it is not a token.
    if (token === undefined || roles.has(token)) {
      return { role, claims: { role } };
    }
    const claims = await verify(token, jwks);
    return { role: String(claims["role"] ?? "anon"), claims };
  };
}

function bearerToken(headers: Headers): string | undefined {
  return /^Bearer\s+(.*)$/i.exec(headers.get("authorization") ?? "")?.[1];
}

async function verify(
  token: string,
  jwks: ReturnType<typeof createLocalJWKSet>,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, jwks)).payload;
  } catch (error) {
    throw tokenProblem(error, token);
  }
}

function tokenProblem(error: unknown, token: string): Problem {
  if (error instanceof errors.JWTExpired) {
    return refusedToken("PGRST303", "JWT expired");
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refusedToken("PGRST303", "JWT not yet valid");
  }
  const parts = token.split(".").length;
  if (parts !== 3) {
    const message = `Expected 3 parts in JWT; got ${parts}`;
    return refusedToken("PGRST301", message);
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return refusedToken("PGRST301", "No suitable key or wrong key type");
  }
  return refusedToken("PGRST301", "JWT cryptographic operation failed");
}

function refusedToken(code: string, message: string): Problem {
  const challenge = `Bearer error="invalid_token", ` +
    `error_description="${message}"`;
  const headers = { "www-authenticate": challenge };
  return new Problem({ status: 401, code, message, headers });
}

function refuse(message: string, hint: string): Response {
  return Response.json({ message, hint }, { status: 401 });
}
