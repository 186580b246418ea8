/**
 * Patterns that find a text however it is escaped, in bodies seen as Latin-1 (one character per byte).
 *
 * Every repetition is bounded: anybody may send the text, and 64 KiB of backslashes must not take seconds.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** JSON inside JSON inside JSON: 1, 3 or 7 backslashes. */
const BACKSLASHES = String.raw`\\{1,7}`;

/** Matches `secret` as it is, and with any of its characters escaped for JSON (`\u0041`, `\/`) or a URL (`%41`). */
export function secretPattern(secret: string): RegExp {
  const known = patterns.get(secret);
  if (known) return known;
  const made = new RegExp([...secret].map(anyForm).join(""), "g");
  if (patterns.size >= MAX_PATTERNS) patterns.clear();
  patterns.set(secret, made);
  return made;
}

/** Making a pattern costs more than searching with it, and the secrets are always the same. */
const patterns = new Map<string, RegExp>();
const MAX_PATTERNS = 1000;

/** Source of a pattern for an ASCII name in any case, also written with `\u….` escapes. */
export function namePatternSource(name: string): string {
  return [...name].map((char) => {
    const cases = [char.toLowerCase(), char.toUpperCase()];
    const escaped = cases.map((form) => hex(form.charCodeAt(0), 4)).join("|");
    return `(?:[${cases.join("")}]|${BACKSLASHES}u(?:${escaped}))`;
  }).join("");
}

function anyForm(char: string): string {
  const bytes = [...new TextEncoder().encode(char)];
  const units = Array.from(
    { length: char.length },
    (_, index) => char.charCodeAt(index),
  );
  const raw = bytes.map((byte) => String.raw`\x${hexDigits(byte, 2)}`).join("");
  const inJson = units.map((unit) => `${BACKSLASHES}u${hex(unit, 4)}`).join("");
  const inUrl = bytes.map((byte) => `%(?:25){0,2}${hex(byte, 2)}`).join("");
  const mayBeEscaped = `"\\/`.includes(char) ? `(?:${BACKSLASHES})?` : "";
  return `(?:${mayBeEscaped}${raw}|${inJson}|${inUrl})`;
}

function hexDigits(value: number, length: number): string {
  return value.toString(16).padStart(length, "0");
}

/** Hexadecimal digits in either case. */
function hex(value: number, length: number): string {
  return hexDigits(value, length)
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/** Returns bytes as text of one character each, so that patterns can look at bodies that are no text. */
export function bytesAsText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString("latin1");
}

/** Returns the bytes of such a text. */
export function textAsBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
