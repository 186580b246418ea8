/**
 * Patterns that find a name however it is escaped, and bodies seen as Latin-1 (one character per byte).
 *
 * Every repetition is bounded: anybody may send the text, and 64 KiB of backslashes must not take seconds.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** JSON inside JSON inside JSON: 1, 3 or 7 backslashes. */
const BACKSLASHES = String.raw`\\{1,7}`;

/** Source of a pattern for an ASCII name in any case, also written with `\u….` escapes. */
export function namePatternSource(name: string): string {
  return [...name].map((char) => {
    const cases = [char.toLowerCase(), char.toUpperCase()];
    const escaped = cases.map((form) => hex(form.charCodeAt(0), 4)).join("|");
    return `(?:[${cases.join("")}]|${BACKSLASHES}u(?:${escaped}))`;
  }).join("");
}

/** Hexadecimal digits in either case. */
function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, "0")
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
