/**
 * Sends real test alerts, as a sender would: recorded, but sent on no route.
 *
 * @module
 */
import { SignJWT } from "jose";
import { z } from "zod";
import { utf8 } from "../_shared/domain/bytes.ts";
import type { AuthMethod } from "../_shared/domain/credential/credential.ts";
import { signedHeaders } from "../_shared/domain/credential/sign.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Kit } from "./kit.ts";

/** Body of `POST /strategies/{slug}/test`. */
export const testSchema = z.strictObject({
  body: z.string().max(65_536).optional(),
  content_type: z.string().max(200).default("application/json"),
  dry_run: z.boolean().default(false),
});

/** The text of a test alert: the given one marked as a test, or one of our own. */
export function testAlert(slug: string, given: string | undefined): string {
  if (given === undefined) {
    return JSON.stringify({
      strategy: slug,
      signal: "BUY",
      symbol: "TEST",
      test: true,
      id: crypto.randomUUID(),
    });
  }
  const trimmed = given.trimEnd();
  if (!/^\s*{[\s\S]*[^\s{,][\s\S]*}$/.test(trimmed)) {
    throw new Refusal("invalid_request", {
      detail:
        "Cannot mark this text as a test: send a JSON object, or use dry_run",
    });
  }
  // Last, so that it counts whatever stands before; a comma too many was the sender's.
  const members = trimmed.slice(0, -1).replace(/,\s*$/, "");
  return `${members},"test":true}`;
}

/**
 * Sends a text to the endpoint that is open, proven by a method that the strategy lists. The
 * project's key stands in for the address, which is not the sender's.
 */
export async function sendTest(
  { tradingview, strategy, secret }: Kit,
  text: string,
  { contentType, secretKey }: { contentType: string; secretKey: string },
): Promise<{ status: number; answer: unknown }> {
  const url = new URL(tradingview.webhook_url);
  const listed = strategy["auth_methods"] as AuthMethod[];
  const [method] = METHODS.filter((one) => listed.includes(one));
  if (method !== "token") url.searchParams.delete("token");
  const body = utf8(text);
  const proof = method === "hmac"
    ? signedHeaders(secret, crypto.randomUUID(), new Date(), body)
    : method === "jwt"
    ? {
      authorization: `Bearer ${await makeJwt(
        secret,
        strategy["slug"] as string,
      )}`,
    }
    : {};
  const response = await fetch(url, {
    method: "POST",
    headers: { ...proof, "content-type": contentType, apikey: secretKey },
    body,
  });
  return { status: response.status, answer: await response.json() };
}

const METHODS: readonly AuthMethod[] = ["token", "hmac", "jwt"];

function makeJwt(secret: string, audience: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setAudience(audience)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(utf8(secret));
}
