/** Secrets, signatures and their verification, for the tests of this folder. */
import { Webhook } from "standardwebhooks";
import { toBase64, utf8 } from "../bytes.ts";
import { readCredentials } from "./credential.ts";
import { openSecret } from "./secret.ts";
import { type Proof, verifyCredentials } from "./verify.ts";

export const NOW = new Date("2026-11-20T14:30:00Z");
export const BODY = utf8('{"signal":"BUY"}');

/** A secret's text, of one byte repeated. */
const textOf = (fill: number) =>
  `whsec_${toBase64(new Uint8Array(32).fill(fill))}`;
export const CURRENT = openSecret("current", textOf(1));
export const OLD = openSecret("old", textOf(2));
/** A secret that is not in the keyring. */
export const FOREIGN = openSecret("foreign", textOf(3));
const KEYRING = { secrets: [CURRENT, OLD], audiences: [] };

/** Headers of Standard Webhooks, by its reference library. */
export function standardHeaders(
  secret = CURRENT,
  at = NOW,
  body = BODY,
): Record<`webhook-${"id" | "timestamp" | "signature"}`, string> {
  return {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(at.getTime() / 1000),
    "webhook-signature": new Webhook(secret.text).sign(
      "msg_1",
      at,
      new TextDecoder().decode(body),
    ),
  };
}

/** Verifies the credentials of a request under two live secrets. */
export function verify(
  headers: HeadersInit,
  query = "",
  body = BODY,
  keyring = KEYRING,
): Promise<Proof | undefined> {
  const credentials = readCredentials(
    new Headers(headers),
    new URLSearchParams(query),
  );
  return verifyCredentials(credentials, body, keyring, NOW);
}
