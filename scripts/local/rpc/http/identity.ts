/** Who calls: API key and bearer token to a role, as gateway and PostgREST do it. */
import { createLocalJWKSet } from "jose";
import { type Keys, publicKeys } from "../../platform/keys.ts";
import { type Claims, verifyToken } from "./token.ts";

export interface Identity {
  role: string;
  claims: Claims;
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
    return identityOf(await verifyToken(token, jwks));
  };
}

/** The role that the claims name; a role that is no text is named by its JSON. */
function identityOf(claims: Claims): Identity {
  const { role: named = "anon" } = claims;
  const role = typeof named === "string" ? named : JSON.stringify(named);
  return { role, claims: { ...claims, role } };
}

function bearerToken(headers: Headers): string | undefined {
  return /^Bearer\s+(.*)$/i.exec(headers.get("authorization") ?? "")?.[1];
}

function refuse(message: string, hint: string): Response {
  return Response.json({ message, hint }, { status: 401 });
}
