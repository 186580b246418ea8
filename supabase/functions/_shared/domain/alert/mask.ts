/**
 * Takes credentials out of what is stored: senders put them into bodies, and the audit keeps bodies.
 *
 * @module
 */

import { isCredentialName, MASK } from "./credential_names.ts";
import { type AlertDocument, readDocument, type Span } from "./document.ts";
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "./json.ts";
import { maskUnreadable } from "./mask_unreadable.ts";
import { secretPattern } from "./mask_patterns.ts";

/** Shorter texts are no secrets of ours, and would hit innocent ones. */
const MIN_SECRET_LENGTH = 8;

/** The payload with the values of credential fields masked, and `secrets` wherever they stand, at any depth. */
export function maskPayload(
  payload: JsonObject,
  secrets: readonly string[],
): JsonObject {
  return new Map(
    [...payload].map(([name, value]) => [
      maskSecrets(name, secrets),
      isCredentialName(name) ? MASK : maskValue(value, secrets),
    ]),
  );
}

function maskValue(value: JsonValue, secrets: readonly string[]): JsonValue {
  if (typeof value === "string") return maskSecrets(value, secrets);
  if (isJsonArray(value)) return value.map((one) => maskValue(one, secrets));
  return isJsonObject(value) ? maskPayload(value, secrets) : value;
}

/**
 * The body as it may be kept, with credentials replaced by `***`, every other byte the same. Takes any
 * bytes and never throws. No `secrets` of at least 8 characters are left in it, however they are
 * escaped. What a masked body says is not what the sender said: it is kept, never read.
 */
export function maskBody(
  body: Uint8Array,
  secrets: readonly string[],
): Uint8Array {
  if (body.includes(0)) return maskWide(body, secrets);
  const text = maskReadable(body) ?? maskUnreadable(latin1Of(body));
  return bytesOf(maskSecrets(text, secrets));
}

/**
 * UTF-16 and its like, where a NUL stands beside every ASCII character. No such body is ever
 * accepted, so what is kept of one that holds credentials may lose its NULs with them.
 */
function maskWide(body: Uint8Array, secrets: readonly string[]): Uint8Array {
  const narrow = latin1Of(body).replaceAll("\0", "");
  const masked = maskSecrets(maskUnreadable(narrow), secrets);
  return masked === narrow ? body : bytesOf(masked);
}

function maskSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .reduce(maskSecret, text);
}

function maskSecret(text: string, secret: string): string {
  // Most bodies hold no escape at all, and searching for escaped forms is ten times the work.
  return /[\\%]/.test(text)
    ? text.replace(secretPattern(secret), MASK)
    : text.replaceAll(latin1Of(new TextEncoder().encode(secret)), MASK);
}

/** As Latin-1 text (a byte a character); `undefined` if the body cannot be read. */
function maskReadable(body: Uint8Array): string | undefined {
  try {
    // The byte order mark is kept, for it is one of the bytes that must stay.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(body);
    const mark = text.startsWith("\ufeff") ? "\ufeff" : "";
    const rest = text.slice(mark.length);
    const masked = mark + maskDocument(rest, readDocument(rest));
    return latin1Of(new TextEncoder().encode(masked));
  } catch {
    return undefined;
  }
}

function maskDocument(text: string, { form, credentials }: AlertDocument) {
  const mask = form === "json" ? JSON.stringify(MASK) : MASK;
  let masked = "";
  let at = 0;
  for (const { start, end } of outermost(credentials)) {
    masked += text.slice(at, start) + mask;
    at = end;
  }
  return masked + text.slice(at);
}

/** A credential inside a credential goes with it. */
function outermost(spans: readonly Span[]): Span[] {
  const sorted = spans.toSorted((a, b) => a.start - b.start || b.end - a.end);
  let end = -1;
  return sorted.filter((span) => {
    if (span.start < end) return false;
    end = span.end;
    return true;
  });
}

/** Bytes as text of one character each, so that patterns can look at bodies that are no text. */
function latin1Of(bytes: Uint8Array): string {
  const CHUNK = 8192;
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return text;
}

function bytesOf(latin1: string): Uint8Array {
  const bytes = new Uint8Array(latin1.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = latin1.charCodeAt(at);
  return bytes;
}
