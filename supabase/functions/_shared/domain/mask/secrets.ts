/**
 * Finds our own secrets in any text, in every alphabet in which somebody may write them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { toHex, utf8 } from "../bytes.ts";
import { bytesAsText } from "./latin1.ts";
import type { Span } from "./spans.ts";

/** Shorter texts are no secrets of ours, and would match innocent ones. */
const MIN_SECRET_LENGTH = 8;
const PREFIX = "whsec_";

/** A secret with its prefix, a key of a worker or of the metrics, the project's secret key and tokens of JWT form. */
const SHAPE =
  /whsec_[\w+/=-]{20,}|\b[mw]k_[\w-]{20,}|sb_secret_[\w-]{12,}|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{0,2000}/g;
export const SHAPE_STEM = /whsec_|[mw]k_|eyJ/;

/** Returns the texts by which a secret is found: itself without prefix and padding, base64url, hex, and base64 of it. */
export function spellingsOf(secret: string): string[] {
  if (secret.length < MIN_SECRET_LENGTH) return [];
  const bytes = Buffer.from(utf8(secret));
  const encoded = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64")
      .slice(offset && 4, -4)
  ).filter(({ length }) => length >= MIN_SECRET_LENGTH);
  if (!secret.startsWith(PREFIX)) {
    return [...new Set([secret, bytesAsText(bytes), ...encoded])];
  }
  const core = secret.slice(PREFIX.length).replace(/={1,2}$/, "");
  const hex = toHex(Buffer.from(core, "base64"));
  return [
    ...new Set([
      core,
      core.replaceAll("+", "-").replaceAll("/", "_"),
      hex,
      hex.toUpperCase(),
      ...encoded,
    ]),
  ];
}

/** Whether one of these spellings stands in the text. */
export function holdsAny(text: string, spellings: readonly string[]): boolean {
  return spellings.some((spelling) => text.includes(spelling));
}

export function findSecrets(
  text: string,
  spellings: readonly string[],
): Span[] {
  const spans: Span[] = [];
  for (const spelling of spellings) {
    let at = text.indexOf(spelling);
    while (at >= 0) {
      const end = at + spelling.length;
      spans.push({ start: startOf(text, at), end: withPadding(text, end) });
      at = text.indexOf(spelling, end);
    }
  }
  for (const { 0: { length }, index } of text.matchAll(SHAPE)) {
    spans.push({ start: index, end: index + length });
  }
  return spans;
}

function startOf(text: string, at: number): number {
  return text.endsWith(PREFIX, at) ? at - PREFIX.length : at;
}

function withPadding(text: string, end: number): number {
  while (text[end] === "=") end++;
  return end;
}
