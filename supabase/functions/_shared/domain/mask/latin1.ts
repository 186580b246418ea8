/**
 * Bytes seen as Latin-1, one character for each: so that a search can look at what is no text.
 *
 * @module
 */
import { Buffer } from "node:buffer";

export function bytesAsText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString("latin1");
}

/** Returns the bytes of such a text. */
export function textAsBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
