/**
 * Masks credentials in a raw body: senders put them there, and the audit keeps bodies.
 *
 * @module
 */

import { utf8 } from "../bytes.ts";
import { MASK } from "./credential_names.ts";
import { bytesAsText, textAsBytes } from "./patterns.ts";
import { maskSecrets, mayHoldSecret } from "./secrets.ts";
import { maskSpans, type Span } from "./spans.ts";
import { maskUnparsed } from "./unparsed.ts";

/** A body, and what was made of it if it could be read. */
export interface MaskableBody {
  bytes: Uint8Array;
  /** The decoded text without a byte order mark, and where its credentials stand. */
  parsed?: { text: string; isJson: boolean; credentials: readonly Span[] };
}

/**
 * Returns the body as it may be kept, with credentials replaced by `***` and every other byte the same. Takes
 * any bytes and never throws. None of `secrets` of at least 8 characters is left in it, however it is escaped.
 * A masked body is kept, never read: it no longer says what the sender said.
 */
export function maskBody(
  body: MaskableBody,
  secrets: readonly string[],
): Uint8Array {
  if (body.bytes.includes(0)) return maskWide(body.bytes, secrets);
  if (isClean(body, secrets)) return body.bytes;
  const text = body.parsed
    ? maskParsed(body.bytes, body.parsed)
    : maskUnparsed(bytesAsText(body.bytes));
  return textAsBytes(maskSecrets(text, secrets));
}

/** Whether there is nothing to mask, as in most bodies. */
function isClean(
  { parsed }: MaskableBody,
  secrets: readonly string[],
): boolean {
  return parsed !== undefined && !parsed.credentials.length &&
    !mayHoldSecret(parsed.text, secrets);
}

/**
 * Masks UTF-16 and its like, where every ASCII character has a NUL next to it. No such body is ever
 * accepted, so one with credentials may lose its NULs along with them.
 */
function maskWide(bytes: Uint8Array, secrets: readonly string[]): Uint8Array {
  const narrow = bytesAsText(bytes).replaceAll("\0", "");
  const masked = maskSecrets(maskUnparsed(narrow), secrets);
  return masked === narrow ? bytes : textAsBytes(masked);
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Returns the masked text with one character per byte, the byte order mark included. */
function maskParsed(
  bytes: Uint8Array,
  { text, isJson, credentials }: NonNullable<MaskableBody["parsed"]>,
): string {
  const hasMark = BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte);
  const mask = isJson ? JSON.stringify(MASK) : MASK;
  const masked = maskSpans(text, credentials, mask);
  return bytesAsText(utf8(hasMark ? `\ufeff${masked}` : masked));
}
