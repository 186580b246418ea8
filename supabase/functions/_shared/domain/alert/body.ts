/**
 * A request's raw bytes, decoded and parsed at most once, for everything that depends on their content.
 *
 * @module
 */

import type { Bytes } from "../bytes.ts";
import { fieldError, invalidAlert } from "../field_error.ts";
import { JsonDepthError, JsonSyntaxError } from "../json/reader.ts";
import { maskBody } from "../mask/body.ts";
import { isSuspicious } from "../mask/text.ts";
import { Refusal } from "../refusal.ts";
import { type AlertDocument, readDocument, readPlainJson } from "./document.ts";
import { jsonHint, plainTextHint } from "../hints/hints.ts";

/** A parsed body, whether a credential may stand in it, or the reason it cannot be read. */
export type BodyReading =
  | { ok: true; text: string; document: AlertDocument; isSuspicious: boolean }
  | { ok: false; refusal: Refusal };

export interface AlertBody {
  bytes: Bytes;
  /** Decodes and parses the bytes at the first call, and returns the same reading ever after. */
  read(): BodyReading;
  /** Returns what a stranger may make us read: a large body only as JSON as it stands. */
  peek(): BodyReading;
  /** Returns the bytes as they may be kept: credentials and `secrets` (spellings) masked. */
  masked(secrets: readonly string[]): Uint8Array;
}

/** Other forms than plain JSON are read of a stranger up to this length: no alert in them is near it. */
const MAX_PEEKED_BYTES = 8 * 1024;

export function openBody(bytes: Bytes): AlertBody {
  let reading: BodyReading | undefined;
  const read = () => reading ??= readBytes(bytes);
  return {
    bytes,
    read,
    peek() {
      if (reading || bytes.length <= MAX_PEEKED_BYTES) return read();
      const plain = readBytes(bytes, readPlainJson);
      if (plain.ok) reading = plain;
      return plain;
    },
    masked(secrets) {
      const known = read();
      if (!known.ok) return maskBody({ bytes }, secrets);
      const { text, document, isSuspicious } = known;
      const { credentials } = document;
      const form = formOf(document);
      const parsed = { text, form, credentials, isSuspicious };
      return maskBody({ bytes, parsed }, secrets);
    },
  };
}

function formOf(
  { form, repaired }: AlertDocument,
): "json" | "repaired" | "text" {
  if (form !== "json") return "text";
  return repaired ? "repaired" : "json";
}

function readBytes(
  bytes: Bytes,
  parse: (text: string) => AlertDocument = readDocument,
): BodyReading {
  const text = decode(bytes);
  if (text === undefined) {
    return refused("Cannot read the body: it is not UTF-8");
  }
  if (text.trim() === "") return refused("Cannot read the body: it is empty");
  try {
    const document = parse(text);
    const suspicious = document.credentials.length > 0 || isSuspicious(text);
    return { ok: true, text, document, isSuspicious: suspicious };
  } catch (error) {
    if (error instanceof JsonDepthError) {
      return { ok: false, refusal: invalidAlert([fieldError("", "too_deep")]) };
    }
    if (!(error instanceof JsonSyntaxError)) throw error;
    return refused(
      /^\s*[{["]/.test(text)
        ? `Cannot read the body as JSON: ${error.message}${
          jsonHint(text, error.position)
        }`
        : `The text is neither JSON nor a form that we know. ${
          plainTextHint(text)
        }`,
    );
  }
}

/** Decodes UTF-8, a leading byte order mark allowed. */
function decode(bytes: Bytes): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function refused(detail: string): BodyReading {
  return { ok: false, refusal: new Refusal("malformed_alert", { detail }) };
}
