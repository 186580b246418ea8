/**
 * Masks credentials in any text: a body, a value of a payload, a target's answer.
 *
 * @module
 */

import { MASK, NAME_STEM } from "./credential_names.ts";
import { findCredentials } from "./credentials.ts";
import { mayEscape, plainOf, type PlainText } from "./plain.ts";
import { findSecrets, holdsAny, SHAPE_STEM } from "./secrets.ts";
import { maskSpans, type Span } from "./spans.ts";

/** Whether a credential may be named in the text, or something be escaped in it. In most alerts nothing is. */
export function isSuspicious(text: string): boolean {
  return NAME_STEM.test(text) || mayEscape(text) || SHAPE_STEM.test(text);
}

/**
 * Returns the text with the values of credentials' names and `secrets`, in any of their spellings (`spellingsOf`),
 * replaced by `***`, however they are escaped.
 */
export function maskText(text: string, secrets: readonly string[]): string {
  if (!isSuspicious(text) && !holdsAny(text, secrets)) return text;
  const plain = plainOf(text);
  return masked(text, plain, [
    ...findCredentials(plain),
    ...findSecrets(plain.text, secrets),
  ]);
}

/** Returns the text with `secrets` alone masked, whatever a value is called in it. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const plain = plainOf(text);
  return masked(text, plain, findSecrets(plain.text, secrets));
}

function masked(text: string, { at }: PlainText, found: Span[]): string {
  if (!found.length) return text;
  const spans = found.map(({ start, end }) => ({
    start: at(start),
    end: at(end),
  }));
  return maskSpans(text, spans, MASK);
}
