/**
 * A Standard Webhooks secret and the keys that follow from it.
 *
 * @module
 */
import { type Bytes, fromBase64, toBase64Url, utf8 } from "../bytes.ts";
import { spellingsOf } from "../mask/secrets.ts";
import { equalDigests, hmacSha256, sha256 } from "./digest.ts";

const PREFIX = "whsec_";
const MIN_KEY_BYTES = 32;
/** The same label stands in `private.url_token` in SQL. */
export const URL_TOKEN_LABEL = "dai-webhooks url token v1";

/** A live secret, with what follows from it computed once. */
export interface Secret {
  /** Row in `private.secrets`; the database checks it again when it ingests. */
  readonly id: string;
  readonly text: string;
  /** The token for URLs: derived, so that a leaked URL cannot sign. */
  readonly token: string;
  readonly tokenDigest: Uint8Array;
  /** Key of Standard Webhooks: the decoded bytes. */
  readonly key: Bytes;
  /** GitHub-style senders and JWT libraries use the secret's text as key. */
  readonly textKey: Bytes;
  /** `false`: Vault cannot read it. Its keys are random, so that nothing fits them. */
  readonly isReadable: boolean;
  /** What it and its token are found by, in whatever alphabet they stand in a body. */
  readonly spellings: readonly string[];
}

/** Reads a secret's keys. Throws if it is not `whsec_` and at least 32 bytes: an empty key would let anybody sign. */
export function openSecret(id: string, text: string): Secret {
  const key = text.startsWith(PREFIX)
    ? fromBase64(text.slice(PREFIX.length))
    : undefined;
  if (!key || key.length < MIN_KEY_BYTES) {
    throw new Error(`Cannot use secret ${id}: it has no key of 32 bytes`);
  }
  const token = toBase64Url(hmacSha256(key, utf8(URL_TOKEN_LABEL)));
  return {
    id,
    text,
    token,
    tokenDigest: sha256(utf8(token)),
    key,
    textKey: utf8(text),
    isReadable: true,
    spellings: [...spellingsOf(text), ...spellingsOf(token)],
  };
}

/** One of the keys under which a sender may sign with a secret. */
export type SigningKey = readonly [secret: Secret, key: Bytes];

/** Standard Webhooks signs with the decoded bytes only; other senders with either. */
export function signingKeys(secrets: readonly Secret[]): SigningKey[] {
  return secrets.flatMap((secret): SigningKey[] => [
    [secret, secret.key],
    [secret, secret.textKey],
  ]);
}

/**
 * Returns the key under which one of the HMAC-SHA-256 signatures is valid. All are tried to the end, so that
 * the time reveals neither which secret is the current one nor that any matched.
 */
export function findSigner(
  keys: readonly SigningKey[],
  signatures: readonly Uint8Array[],
  signed: Bytes,
): SigningKey | undefined {
  const holding = keys.filter(([, key]) => {
    const expected = hmacSha256(key, signed);
    return signatures.map((one) => equalDigests(one, expected)).includes(true);
  });
  return holding[0];
}
