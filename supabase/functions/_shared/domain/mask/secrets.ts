/**
 * Masks our own secrets in any text, however they are escaped.
 *
 * @module
 */

import { utf8 } from "../bytes.ts";
import { MASK } from "./credential_names.ts";
import { bytesAsText } from "./patterns.ts";
import { maskSpans, type Span } from "./spans.ts";

/** Shorter texts are no secrets of ours, and would match innocent ones. */
const MIN_SECRET_LENGTH = 8;

/** Whether one of the secrets may stand in the text. Few bodies hold one, or an escape that could hide it. */
export function mayHoldSecret(
  text: string,
  secrets: readonly string[],
): boolean {
  return text.includes("\\") || text.includes("%") ||
    secrets.some((secret) => text.includes(secret));
}

/** Returns the text, or one that shows bytes as Latin-1, with every secret in it replaced by `***`. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const needles = secrets.filter(({ length }) => length >= MIN_SECRET_LENGTH)
    .flatMap(spellings);
  const spans = findAll(text, needles);
  if (/[\\%]/.test(text)) {
    const { plain, positions } = unescapeText(text);
    for (const { start, end } of findAll(plain, needles)) {
      spans.push({ start: positions[start]!, end: positions[end]! });
    }
  }
  return spans.length ? maskSpans(text, spans, MASK) : text;
}

/** Returns a secret as characters, and as the bytes of its UTF-8. */
function spellings(secret: string): string[] {
  const bytes = bytesAsText(utf8(secret));
  return bytes === secret ? [secret] : [secret, bytes];
}

function findAll(text: string, needles: readonly string[]): Span[] {
  const spans: Span[] = [];
  for (const needle of needles) {
    let start = text.indexOf(needle);
    while (start >= 0) {
      spans.push({ start, end: start + needle.length });
      start = text.indexOf(needle, start + needle.length);
    }
  }
  return spans;
}

/** Escapes of JSON, also of JSON inside JSON inside JSON (1, 3 or 7 backslashes), and of URLs, up to three times. */
const ESCAPE =
  /\\{1,7}(?:u([0-9a-fA-F]{4})|(["/]))|(\\){2,8}|%(?:25){0,2}([0-9a-fA-F]{2})/g;

/** Returns the text without its escapes, and where each of its characters, and its end, stood before. */
function unescapeText(text: string): { plain: string; positions: Uint32Array } {
  const positions = new Uint32Array(text.length + 1);
  let plain = "";
  let at = 0;
  const copyTo = (end: number) => {
    for (let from = at; from < end; from++) {
      positions[plain.length + from - at] = from;
    }
    plain += text.slice(at, end);
    at = end;
  };
  for (
    const { 0: { length }, 1: unit, 2: quoted, 3: slash, 4: byte, index }
      of text.matchAll(ESCAPE)
  ) {
    copyTo(index);
    positions[plain.length] = index;
    plain += quoted ?? slash ??
      String.fromCharCode(parseInt(unit ?? byte!, 16));
    at = index + length;
  }
  copyTo(text.length);
  positions[plain.length] = text.length;
  return { plain, positions };
}
