/**
 * Masks credentials in a body that is no JSON and no text form, seen as Latin-1 (one character per byte).
 *
 * The end of such a body's value is a guess, so it errs towards masking more: what cannot be read
 * is refused anyway, and only kept for an operator to look at.
 *
 * @module
 */

import { CREDENTIAL_NAMES, MASK } from "./credential_names.ts";
import { namePatternSource } from "./patterns.ts";

/** “ ” „ ‟ « », as the bytes of their UTF-8. */
const TYPOGRAPHIC = String.raw`\xe2\x80[\x9c-\x9f]|\xc2[\xab\xbb]`;

/** A credential's name, what may stand around it, and `:` or `=`. */
const NAME = new RegExp(
  `(?<![A-Za-z0-9_])(?:${CREDENTIAL_NAMES.map(namePatternSource).join("|")})` +
    String.raw`(?![A-Za-z0-9_])[\\"'\s\x80-\xff]{0,20}[:=]\s*`,
  "g",
);

const OPENING_QUOTE = new RegExp(`\\\\{0,7}["']|${TYPOGRAPHIC}`, "y");

/** Up to what looks like the next field, or the end of the line. */
const BARE_VALUE =
  /(?:(?![\s,&]{1,20}["']?[A-Za-z_][\w.-]{0,64}["']?\s{0,20}[:=])[^\r\n;"}])*/y;

/** Matches what may be the first field of a comma line that could not be read. */
const LICENCE = /^([ \t]*)([^\s,;="'{}[\]:]+)(?=,[ \t]*[A-Za-z])/gm;

export function maskUnparsed(text: string): string {
  return maskValues(text).replace(
    LICENCE,
    (line, indent: string, licence: string) =>
      /\d/.test(licence) ? indent + MASK : line,
  );
}

function maskValues(text: string): string {
  let masked = "";
  let at = 0;
  NAME.lastIndex = 0;
  while (NAME.test(text)) {
    const [start, end] = valueAt(text, NAME.lastIndex);
    if (end > start) {
      masked += text.slice(at, start) + MASK;
      at = end;
    }
    NAME.lastIndex = Math.max(end, NAME.lastIndex);
  }
  return masked + text.slice(at);
}

/** Returns the bounds of the value that begins at `at`. */
function valueAt(text: string, at: number): [start: number, end: number] {
  // An object or an array that is not closed properly has no end that could be trusted.
  if (text[at] === "{" || text[at] === "[") return [at, text.length];
  const quote = matchAt(OPENING_QUOTE, text, at);
  if (quote === "") return [at, at + matchAt(BARE_VALUE, text, at).length];
  const start = at + quote.length;
  return [start, closingQuoteAt(text, start, quote)];
}

/** A quote is the closing one only if the value ends there: an unescaped quote inside is what breaks most bodies. */
function closingQuoteAt(text: string, start: number, quote: string): number {
  const isTypographic = quote.charCodeAt(0) > 0x7f;
  const same = isTypographic
    ? `"|${TYPOGRAPHIC}`
    : quote.replace(/\\/g, "\\\\");
  const closing = new RegExp(
    String.raw`(?<!\\)(?:${same})(?=\s{0,100}(?:[,}\]]|$))`,
    "g",
  );
  closing.lastIndex = start;
  return closing.exec(text)?.index ?? text.length;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}
