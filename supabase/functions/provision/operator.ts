/**
 * Identifies operators: by the project's secret key, or by a person's token with the role `operator`.
 *
 * @module
 */
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from "jose";
import { z } from "zod";
import { utf8 } from "../_shared/domain/bytes.ts";
import { equalDigests, sha256 } from "../_shared/domain/credential/digest.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Environment } from "../_shared/environment.ts";

/** Only an administrator of the project can write `app_metadata` (Supabase docs, auth/users). */
const operatorSchema = z.object({
  sub: z.string(),
  app_metadata: z.object({ role: z.literal("operator") }),
});

/** The project's key set is served nearby. */
const KEYS_WITHIN_MS = 2000;

/**
 * Returns the issuer of a project's tokens: its own address, also under a custom domain (Supabase docs,
 * auth/jwt-fields); where functions see another address than the world, as in containers, the world's.
 */
function issuerAt(functionsUrl: string): string {
  return functionsUrl.replace(/\/functions\/v1$/, "/auth/v1");
}

/** Names a caller with the secret key, which may state for whom it acts: the bot does. */
function actorOf(stated: string | null): string {
  return stated && /^[\x21-\x7e]{1,100}$/.test(stated)
    ? `secret key for ${stated}`
    : "secret key";
}

/** Returns the caller's name for the audit; throws `not_authorized`. */
export type Identify = (headers: Headers) => Promise<string>;

/** Returns what identifies the operators of this project. */
export function operators(
  { supabaseUrl, internalUrl, publicUrl, secretKey, jwks }: Environment,
): Identify {
  const expected = sha256(utf8(secretKey));
  const keySet = jwks ? createLocalJWKSet(jwks) : createRemoteJWKSet(
    new URL(`${supabaseUrl}/auth/v1/.well-known/jwks.json`),
    { timeoutDuration: KEYS_WITHIN_MS },
  );
  const options = {
    issuer: [internalUrl, publicUrl].map(issuerAt),
    audience: "authenticated",
    algorithms: ["ES256", "RS256", "EdDSA"],
    requiredClaims: ["exp"],
  };

  return async (headers) => {
    const key = headers.get("apikey");
    if (key !== null && equalDigests(sha256(utf8(key)), expected)) {
      return actorOf(headers.get("x-actor"));
    }
    const token = /^Bearer (\S+)$/i.exec(headers.get("authorization") ?? "")
      ?.[1];
    if (!token) throw new Refusal("not_authorized");
    const verified = await jwtVerify(token, keySet, options).catch((cause) => {
      throw new Refusal("not_authorized", { cause });
    });
    const { success, data } = operatorSchema.safeParse(verified.payload);
    if (!success) throw new Refusal("not_authorized");
    return `operator ${data.sub}`;
  };
}
