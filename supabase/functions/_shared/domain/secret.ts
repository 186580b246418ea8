/**
 * A Standard Webhooks secret and the keys that follow from it.
 *
 * @module
 */
import { type Bytes, fromBase64, sha256, toBase64Url, utf8 } from "./bytes.ts";

const PREFIX = "whsec_";
const MIN_KEY_BYTES = 32;
/** The same label stands in `private.url_token` in SQL. */
const URL_TOKEN_LABEL = utf8("dai-webhooks url token v1");
const HMAC = { name: "HMAC", hash: "SHA-256" } as const;

/** A live secret, with its keys imported once. */
export interface Secret {
  /** Row in `private.secrets`; the database checks it again when it ingests. */
  readonly id: string;
  readonly text: string;
  /** What stands in URLs: derived, so that a leaked URL cannot sign. */
  readonly token: string;
  readonly tokenDigest: Uint8Array;
  /** Key of Standard Webhooks: the decoded bytes. */
  readonly key: CryptoKey;
  /** GitHub-style senders and JWT libraries use the secret's text as key. */
  readonly textKey: CryptoKey;
}

/** Imports a secret's keys. Throws if it is not `whsec_` and at least 32 bytes: an empty key would let anybody sign. */
export async function openSecret(id: string, text: string): Promise<Secret> {
  const bytes = text.startsWith(PREFIX)
    ? fromBase64(text.slice(PREFIX.length))
    : undefined;
  if (!bytes || bytes.length < MIN_KEY_BYTES) {
    throw new Error(`Cannot use secret ${id}: it has no key of 32 bytes`);
  }
  const key = await importHmacKey(bytes);
  const token = toBase64Url(
    new Uint8Array(await crypto.subtle.sign("HMAC", key, URL_TOKEN_LABEL)),
  );
  return {
    id,
    text,
    token,
    tokenDigest: await sha256(utf8(token)),
    key,
    textKey: await importHmacKey(utf8(text)),
  };
}

function importHmacKey(bytes: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, HMAC, false, ["sign", "verify"]);
}
