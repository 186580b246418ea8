/**
 * Senders of alerts: how each proves who it is, with the libraries that senders use.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { sign } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import { type Kit, provision } from "./project.ts";

export type Headers = Record<string, string>;

/** Fields of a JSON Web Token's header or payload. */
export type Fields = Record<string, unknown>;

/** Settings of a strategy that takes nothing but signatures, and any number. */
export const SIGNED = {
  "auth_methods": ["hmac"],
  "rate_limit_per_minute": null,
};

export interface StandardOptions {
  id?: string;
  /** Seconds that the sender's clock is ahead. */
  ahead?: number;
}

/** An alert that differs from others by its number, with any other fields. */
export function numberedAlert(n: number | string, fields: Fields = {}): string {
  return JSON.stringify({ signal: "BUY", n, ...fields });
}

/** A strategy's dedicated URL without a credential. */
export function bareUrl({ urls }: Kit): string {
  return urls.dedicated.split("?")[0]!;
}

/** The universal URL without a credential. */
export function bareUniversalUrl({ urls }: Kit): string {
  return urls.universal.split("?")[0]!;
}

/** Headers of Standard Webhooks, by its reference library. */
export function standardHeaders(
  secret: string,
  body: string,
  { id = crypto.randomUUID(), ahead = 0 }: StandardOptions = {},
): Headers {
  const at = new Date(Date.now() + ahead * 1000);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
}

/** The header of GitHub's scheme, by its reference library, under the secret's text. */
export async function hubHeaders(
  secret: string,
  body: string,
  name = "x-hub-signature-256",
): Promise<Headers> {
  return { [name]: await sign(secret, body) };
}

/** The same scheme under the secret's decoded bytes. */
export function hubHeadersByBytes(secret: string, body: string): Headers {
  const digest = createHmac("sha256", keyBytes(secret)).update(body);
  return { "x-signature-256": `sha256=${digest.digest("hex")}` };
}

/** The bytes behind a `whsec_` secret. */
export function keyBytes(secret: string): Uint8Array {
  return Buffer.from(secret.slice("whsec_".length), "base64");
}

/** Claims that are good for a strategy now. */
export function claimsFor(audience: string, claims: Fields = {}): Fields {
  const now = Math.floor(Date.now() / 1000);
  return {
    aud: audience,
    iat: now,
    exp: now + 300,
    jti: crypto.randomUUID(),
    ...claims,
  };
}

/** A base64url part of a token: of an object, or of a text as it stands. */
export function part(value: Fields | string): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return Buffer.from(text).toString("base64url");
}

/** A token by HS256, whatever its header and payload say. */
export function hs256(
  key: string | Uint8Array,
  payload: Fields | string,
  header: Fields | string = { alg: "HS256" },
): string {
  const signed = `${part(header)}.${part(payload)}`;
  const signature = createHmac("sha256", key).update(signed);
  return `${signed}.${signature.digest("base64url")}`;
}

export function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

/** Returns the credentials of the universal endpoint. */
export async function universalMeans(
  { universal }: Kit,
): Promise<{ secret: string; token: string }> {
  const { body } = await provision<{ secret: string }>(
    "GET",
    "/universal?reveal=true",
  );
  return { secret: body.secret, token: universal.token };
}
