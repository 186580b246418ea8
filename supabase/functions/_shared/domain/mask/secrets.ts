/**
 * Masks our own secrets in any text, however it is escaped.
 *
 * @module
 */

import { MASK } from "./credential_names.ts";
import { bytesAsText, secretPattern } from "./patterns.ts";

/** Shorter texts are no secrets of ours, and would match innocent ones. */
const MIN_SECRET_LENGTH = 8;

export function maskSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .reduce(maskSecret, text);
}

function maskSecret(text: string, secret: string): string {
  // Most bodies have no escape at all, and searching for escaped forms is ten times the work.
  return /[\\%]/.test(text)
    ? text.replace(secretPattern(secret), MASK)
    : text.replaceAll(bytesAsText(new TextEncoder().encode(secret)), MASK);
}
