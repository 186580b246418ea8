/**
 * Bytes and their text forms.
 *
 * @module
 */
import { Buffer } from "node:buffer";

const encoder = new TextEncoder();

/** Bytes as the platform's own functions take them: generic since TypeScript 5.7, plain under the edge runtime's older one. */
export type Bytes = ReturnType<TextEncoder["encode"]>;

/** Returns a text's UTF-8 bytes. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Returns standard base64, with padding. */
export function toBase64(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("base64");
}

/** Returns base64 with the URL alphabet and no padding (RFC 4648 §5). */
export function toBase64Url(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("base64url");
}

/** Returns the bytes of canonical base64, or `undefined` for any other text. */
export function fromBase64(text: string): Bytes | undefined {
  return decode(text, "base64");
}

/** Returns the bytes of canonical base64url without padding, or `undefined` for any other text. */
export function fromBase64Url(text: string): Bytes | undefined {
  return decode(text, "base64url");
}

/** Returns lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("hex");
}

/** Returns the bytes of an even number of hexadecimal digits, or `undefined`. */
export function fromHex(text: string): Bytes | undefined {
  return decode(text.toLowerCase(), "hex");
}

/** Returns one array with all bytes of the parts, in order. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  return new Uint8Array(Buffer.concat(parts));
}

/** Older runtimes throw where `Buffer` should skip what it cannot read. */
const READABLE = {
  base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  base64url: /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?$/,
  hex: /^(?:[0-9a-f]{2})*$/,
};

/** Canonical text only: the one that the bytes would be written as. */
function decode(
  text: string,
  encoding: keyof typeof READABLE,
): Bytes | undefined {
  if (!READABLE[encoding].test(text)) return undefined;
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? new Uint8Array(bytes) : undefined;
}

/** A view, not a copy. */
function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
