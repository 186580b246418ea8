/**
 * Masks credentials in a raw body: senders put them there, and the audit keeps bodies.
 *
 * @module
 */

import { utf8 } from "../bytes.ts";
import { MASK } from "./credential_names.ts";
import { bytesAsText, textAsBytes } from "./latin1.ts";
import { holdsAny } from "./secrets.ts";
import { maskSpans, type Span } from "./spans.ts";
import { maskText } from "./text.ts";

/** A body, and what was made of it if it could be read. */
export interface MaskableBody {
  bytes: Uint8Array;
  /** The decoded text without a byte order mark, and where its credentials stand. */
  parsed?: {
    text: string;
    form: "json" | "repaired" | "text";
    credentials: readonly Span[];
    isSuspicious: boolean;
  };
}

/**
 * Returns the body as it may be kept, with credentials replaced by `***` and every other byte the same. Takes
 * any bytes and never throws. None of `secrets` (spellings) is left in it, however it is escaped.
 * A masked body is kept, never read: it no longer says what the sender said.
 */
export function maskBody(
  { bytes, parsed }: MaskableBody,
  secrets: readonly string[],
): Uint8Array {
  if (bytes.includes(0)) return maskWide(bytes, secrets);
  if (parsed && !parsed.isSuspicious && !holdsAny(parsed.text, secrets)) {
    return bytes;
  }
  if (parsed) return utf8(markOf(bytes) + maskParsed(parsed, secrets));
  const text = decode(bytes);
  return text === undefined
    ? textAsBytes(maskUnparsed(bytesAsText(bytes), secrets))
    : utf8(maskUnparsed(text, secrets));
}

/**
 * Masks UTF-16 and its like, where every ASCII character has a NUL next to it. No such body is ever
 * accepted, so one with credentials may lose its NULs along with them.
 */
function maskWide(bytes: Uint8Array, secrets: readonly string[]): Uint8Array {
  const narrow = bytesAsText(bytes).replaceAll("\0", "");
  const masked = maskUnparsed(narrow, secrets);
  return masked === narrow ? bytes : textAsBytes(masked);
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function markOf(bytes: Uint8Array): string {
  return BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte)
    ? "\ufeff"
    : "";
}

const JSON_STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/g;

function maskParsed(
  { text, form, credentials }: NonNullable<MaskableBody["parsed"]>,
  secrets: readonly string[],
): string {
  const mask = form === "text" ? MASK : JSON.stringify(MASK);
  const masked = maskSpans(text, credentials, mask);
  return form === "json"
    // String by string, so that none is masked beyond its end.
    ? masked.replace(
      JSON_STRING,
      (string) => `"${maskText(string.slice(1, -1), secrets)}"`,
    )
    : maskText(masked, secrets);
}

/** Matches what may be the first field of a comma line that could not be read. */
const LICENCE = /^([ \t]*)([^\s,;="'{}[\]:]+)(?=,[ \t]*[A-Za-z])/gm;

function maskUnparsed(text: string, secrets: readonly string[]): string {
  return maskText(text, secrets).replace(
    LICENCE,
    (line, indent: string, licence: string) =>
      /\d/.test(licence) ? indent + MASK : line,
  );
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    return undefined;
  }
}
