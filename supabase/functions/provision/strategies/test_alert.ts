/**
 * Sends real test alerts as a sender would. They are recorded, and reach the routes that the test names.
 *
 * @module
 */
import { SignJWT } from "jose";
import { type Bytes, utf8 } from "../../_shared/domain/bytes.ts";
import type { AuthMethod } from "../../_shared/domain/credential/credential.ts";
import { signedHeaders } from "../../_shared/domain/credential/sign.ts";
import { Refusal } from "../../_shared/domain/refusal.ts";
import type { Kit } from "../../_shared/provision_api/strategy.ts";
import type { TestAnswer } from "../../_shared/provision_api/test_alert.ts";

/** Returns the text of a test alert: the given one marked as a test, or a default with this action. */
export function testAlert(
  slug: string,
  given: string | undefined,
  signal: "BUY" | "HOLD",
): string {
  if (given === undefined) {
    return JSON.stringify({
      strategy: slug,
      signal,
      symbol: "TEST",
      test: true,
      id: crypto.randomUUID(),
    });
  }
  const trimmed = given.trim();
  const members = trimmed.slice(1, -1).trimEnd();
  const isObject = trimmed.startsWith("{") && trimmed.endsWith("}");
  if (!isObject || !/[^\s{,]/.test(members)) {
    throw new Refusal("invalid_request", {
      detail:
        "Cannot mark this text as a test: send a JSON object, or use dry_run",
    });
  }
  // The last member wins, whatever the sender wrote before. The sender's own trailing comma is dropped.
  const own = members.endsWith(",") ? members.slice(0, -1) : members;
  return `{${own},"test":true}`;
}

/**
 * Sends a text to the open endpoint, with a credential that the strategy accepts. The project's key stands in
 * for the sender's address.
 */
export async function sendTest(
  { tradingview, strategy, secret }: Kit,
  text: string,
  { contentType, secretKey }: { contentType: string; secretKey: string },
): Promise<TestAnswer> {
  const { auth_methods, slug } = strategy;
  const method = METHODS.find((one) => auth_methods.includes(one));
  const url = new URL(tradingview.webhook_url);
  if (method !== "token") url.searchParams.delete("token");
  const body = utf8(text);
  const response = await fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: {
      ...await credentialFor(method, { secret, slug, body }),
      "content-type": contentType,
      apikey: secretKey,
    },
    body,
  });
  const { status } = response;
  if (status >= 300 && status < 400) {
    await response.body?.cancel();
    return {
      status,
      answer: { status, title: "The URL of `webhook` redirects" },
    };
  }
  return { status, answer: await response.json() };
}

/** In order of preference. */
const METHODS: readonly AuthMethod[] = ["token", "hmac", "jwt"];

interface TestSender {
  secret: string;
  slug: string;
  body: Bytes;
}

/** Returns the headers that authenticate a test alert; a token is in its URL already. */
async function credentialFor(
  method: AuthMethod | undefined,
  { secret, slug, body }: TestSender,
): Promise<Record<string, string>> {
  switch (method) {
    case "hmac":
      return signedHeaders(secret, crypto.randomUUID(), new Date(), body);
    case "jwt":
      return { authorization: `Bearer ${await makeJwt(secret, slug)}` };
    default:
      return {};
  }
}

function makeJwt(secret: string, audience: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setAudience(audience)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(utf8(secret));
}
