import { type Bytes, concat, fromBase64, toBase64, utf8 } from "../bytes.ts";
import { hmacSha256 } from "./digest.ts";

/**
 * Returns the headers that sign a message as Standard Webhooks 1.0.0 defines.
 * `secret` is `whsec_<base64>`; `id` stays the same over retries.
 */
export function signedHeaders(
  secret: string,
  id: string,
  at: Date,
  body: Bytes,
): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const key = fromBase64(secret.replace(/^whsec_/, ""));
  if (!key?.length) throw new Error("Cannot sign: the secret has no key");
  const signed = concat(utf8(`${id}.${timestamp}.`), body);
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${toBase64(hmacSha256(key, signed))}`,
  };
}
