/**
 * Digests, and the one comparison by which credentials are judged.
 *
 * Uses `node:crypto`, whose calls return at once: WebCrypto answers from another thread, and
 * going there and back takes ten times as long as the digest of an alert.
 *
 * @module
 */
import crypto from "node:crypto";
import type { Bytes } from "../bytes.ts";

export function sha256(bytes: Bytes): Bytes {
  return new Uint8Array(crypto.createHash("sha256").update(bytes).digest());
}

/** HMAC-SHA-256 (RFC 2104). */
export function hmacSha256(key: Bytes, bytes: Bytes): Bytes {
  return new Uint8Array(
    crypto.createHmac("sha256", key).update(bytes).digest(),
  );
}

/** Whether two digests are equal, in a time that does not reveal where they differ. */
export function equalDigests(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && crypto.timingSafeEqual(left, right);
}
