import { type Bytes, concat, fromBase64, toBase64, utf8 } from "./bytes.ts";

/**
 * The headers that sign a message as Standard Webhooks 1.0.0 has it.
 * `secret` is `whsec_<base64>`; `id` stays the same over retries.
 */
export async function signedHeaders(
  secret: string,
  id: string,
  at: Date,
  body: Bytes,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const key = await crypto.subtle.importKey(
    "raw",
    fromBase64(secret.replace(/^whsec_/, "")) ?? utf8(""),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const signed = concat(utf8(`${id}.${timestamp}.`), body);
  const signature = await crypto.subtle.sign("HMAC", key, signed);
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${toBase64(new Uint8Array(signature))}`,
  };
}
