/** Finds the role of a caller by API key and bearer token, as gateway and PostgREST do. */
import { createLocalJWKSet } from "jose";
import { type Keys, publicKeys } from "../../platform/keys.ts";
import { type Claims, verifyToken } from "./token.ts";

export interface Identity {
  role: string;
  claims: Claims;
}

/** Identifies the sender of a request, or returns the response that refuses it. */
export type Identify = (headers: Headers) => Promise<Identity | Response>;

/** Returns the identification with the project's keys. */
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
    // Older clients send the key there, too; it is not a token.
    if (token === undefined || roles.has(token)) {
      return { role, claims: { role } };
    }
    return identityOf(await verifyToken(token, jwks));
  };
}

/** Returns the role that the claims name; if it is not text, its JSON is the name. */
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
