/** The credentials of a sender of alerts. */
import { createHmac } from "node:crypto";
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

/** Returns the headers that authenticate an alert; none for a token, which is part of the URL. */
export async function authHeaders(
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
    case "hub": {
      const digest = createHmac("sha256", secret).update(body).digest("hex");
      return { "x-signature-256": `sha256=${digest}` };
    }
    case "jwt":
      return { authorization: `Bearer ${await makeJwt(secret, strategy, id)}` };
  }
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
