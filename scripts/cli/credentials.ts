/** How a sender proves who it is: the credentials that the webhook function takes. */
import { SignJWT } from "jose";
import { Webhook } from "standardwebhooks";
import { Failure } from "./failure.ts";

export const METHODS = ["token", "hmac", "hub", "jwt"] as const;
export type Method = (typeof METHODS)[number];

export interface Sender {
  secret: string | undefined;
  /** The strategy's slug or alias. */
  strategy: string;
}

/** Returns the headers that prove who sends; none for a token, which stands in the URL. */
export async function prove(
  method: Method,
  { secret, strategy }: Sender,
  body: string,
): Promise<Record<string, string>> {
  if (method === "token") return {};
  if (!secret) {
    throw new Failure(`Cannot use --auth ${method}: set WEBHOOK_SECRET`);
  }
  const now = new Date();
  const id = crypto.randomUUID();
  switch (method) {
    case "hmac":
      return {
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
        "webhook-signature": new Webhook(secret).sign(id, now, body),
      };
    case "hub":
      return { "x-signature-256": `sha256=${await hmacHex(secret, body)}` };
    case "jwt":
      return { authorization: `Bearer ${await makeJwt(secret, strategy, id)}` };
  }
}

async function hmacHex(secret: string, body: string): Promise<string> {
  const encode = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey(
    "raw",
    encode.encode(secret),
    algorithm,
    false,
    ["sign"],
  );
  const signature = await crypto.subtle.sign("HMAC", key, encode.encode(body));
  return new Uint8Array(signature).toHex();
}

function makeJwt(
  secret: string,
  audience: string,
  id: string,
): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setAudience(audience)
    .setJti(id)
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(new TextEncoder().encode(secret));
}
