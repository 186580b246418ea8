/**
 * Finds credentials by their names in any text: forms, URLs, JSON that was cut off, XML, headers …
 *
 * The end of such a value is a guess, so it errs towards masking more.
 *
 * @module
 */

import { isCredentialName, NAME_STEM } from "./credential_names.ts";
import type { PlainText } from "./plain.ts";
import type { Span } from "./spans.ts";

const STEM = new RegExp(NAME_STEM, "gi");
const NAME_START = /[\w-]{0,64}$/;
const NAME_REST = /[\w-]*/y;
/** Longest beginning of a name that is looked at. */
const MAX_NAME_CHARACTERS = 64;

const QUOTE = /["'`“”„‟«»‘’‹›]/;
/** What may stand between a name and its `:`, also as bytes of UTF-8. */
const AFTER_NAME = /[\s"'`“”„‟«»‘’‹›\\\])\x80-\xff]*/y;
const SEPARATOR = /(?:=>|->|:=|[:=])=?\s*/y;
/** A text without any of these holds no name with a value. */
const SEPARATED = /[:=>\s]/;
/** `<secret>…</secret>` */
const TAG_END = />\s*/y;
/** `"name": "secret", "value": "…"`, `<input name="secret" value="…">` */
const VALUE_FIELD = /["'`]?[\s,;]{0,20}["'`]?value["'`]?\s{0,20}[:=]\s*/iy;
/** The header of a part of `multipart/form-data`, after the name. */
const PART_HEADER =
  /"[^\r\n]{0,200}\r?\n(?:[\w-]{1,64}:[^\r\n]{0,200}\r?\n){0,4}\r?\n/y;
/** A colon was forgotten. */
const NO_SEPARATOR = /["'`“”«»]\s+(?=["'`“”«»\d])/y;

/** What ends a bare value: a line's end, a bracket or quote, or what looks like the next field. */
const BARE_END =
  /[\r\n;"}]|[\s,&|](?=["'`]?[A-Za-z_][\w.-]{0,64}["'`]?\s{0,20}(?:=|:(?!\/\/)))/g;
const QUOTED_END = /\s{0,100}(?:[,}\]]|$)/y;

/** Returns the values of all credentials in a text; positions are those of `plain.text`. */
export function findCredentials(plain: PlainText): Span[] {
  const { text } = plain;
  const spans: Span[] = [];
  if (!SEPARATED.test(text)) return spans;
  let at = 0;
  for (;;) {
    STEM.lastIndex = at;
    const found = STEM.exec(text);
    if (!found) return spans;
    const before = text.slice(
      Math.max(at, found.index - MAX_NAME_CHARACTERS),
      found.index,
    );
    const start = found.index - NAME_START.exec(before)![0].length;
    at = endOf(NAME_REST, text, STEM.lastIndex)!;
    const value = names(text, start, at)
      ? valueAfter(plain, start, at)
      : undefined;
    if (!value) continue;
    if (value.end > value.start) spans.push(value);
    at = Math.max(at, value.end);
  }
}

/** Whether a credential's name stands there; a line break's escape may stand before it. */
function names(text: string, start: number, end: number): boolean {
  const name = text.slice(Math.max(start, end - 2 * MAX_NAME_CHARACTERS), end);
  return isCredentialName(name) ||
    text[start - 1] === "\\" && /^[bfnrt]/.test(name) &&
      isCredentialName(name.slice(1));
}

/** Returns the bounds of the value that belongs to the name, if one does. */
function valueAfter(
  plain: PlainText,
  start: number,
  end: number,
): Span | undefined {
  const { text } = plain;
  const gap = endOf(AFTER_NAME, text, end)!;
  const separated = endOf(SEPARATOR, text, gap);
  if (separated !== undefined) return valueAt(plain, separated, gap);
  const tagged = endOf(TAG_END, text, end);
  if (tagged !== undefined) {
    const close = text.indexOf("<", tagged);
    return { start: tagged, end: close < 0 ? text.length : close };
  }
  if (text.slice(Math.max(0, start - 6), start).toLowerCase() === 'name="') {
    const part = endOf(PART_HEADER, text, end);
    if (part !== undefined) {
      const boundary = text.indexOf("\n--", part);
      return { start: part, end: boundary < 0 ? text.length : boundary };
    }
  }
  const value = endOf(VALUE_FIELD, text, end) ?? endOf(NO_SEPARATOR, text, end);
  return value === undefined ? undefined : valueAt(plain, value, value - 1);
}

/** Returns the bounds of the value that begins at `at`, after a separator at `separator`. */
function valueAt(plain: PlainText, at: number, separator: number): Span {
  const { text } = plain;
  const char = text[at] ?? "";
  // An object or an array that is not closed properly has no end that could be trusted.
  if (char === "{" || char === "[") return { start: at, end: text.length };
  return QUOTE.test(char)
    ? { start: at + 1, end: closingQuote(plain, at) }
    : { start: at, end: bareEnd(plain, at, separator) };
}

/** A quote is the closing one only if the value ends there: an unescaped quote inside is what breaks most bodies. */
function closingQuote(plain: PlainText, open: number): number {
  const { text } = plain;
  const quote = text[open]!;
  const isClosing = quote < "\x80"
    ? (char: string) => char === quote
    : (char: string) => QUOTE.test(char) && char !== "'" && char !== "`";
  const length = spelling(plain, open);
  for (let at = open + 1; at < text.length; at++) {
    if (
      isClosing(text[at]!) && spelling(plain, at) <= length &&
      endOf(QUOTED_END, text, at + 1) !== undefined
    ) return at;
  }
  return text.length;
}

/** What is escaped deeper than the separator is part of the value. */
function bareEnd(plain: PlainText, start: number, separator: number): number {
  const { text } = plain;
  const length = spelling(plain, separator);
  BARE_END.lastIndex = start;
  let end = text.length;
  for (let found = BARE_END.exec(text); found; found = BARE_END.exec(text)) {
    if (spelling(plain, found.index) > length) continue;
    end = found.index;
    break;
  }
  while (end > start && /[\s,&|]/.test(text[end - 1]!)) end--;
  return end;
}

/** Returns how many characters a character was written with. */
function spelling({ at }: PlainText, index: number): number {
  return at(index + 1) - at(index);
}

/** Returns where what the sticky pattern matches at `at` ends. */
function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
