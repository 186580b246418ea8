/**
 * Reads a body's text as JSON, as one of the text forms, or as JSON with repairs, in this order.
 *
 * @module
 */

import { JsonSyntaxError, readJson } from "../json/reader.ts";
import { type JsonValue } from "../json/value.ts";
import type { Span } from "../mask/spans.ts";
import { isCredentialName } from "../mask/credential_names.ts";
import { readTextAlert, type TextAlert } from "./text_alert.ts";

/** A parsed body. */
export interface AlertDocument {
  form: "json" | TextAlert["form"];
  repaired: boolean;
  payload: JsonValue;
  /** The positions of values that must not be stored. */
  credentials: Span[];
}

/** Throws `JsonSyntaxError` or `JsonDepthError`: both say what is wrong with it as JSON. */
export function readDocument(text: string): AlertDocument {
  try {
    return readPlainJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const alert = readTextAlert(text);
    if (alert !== undefined) return documentOf(alert);
    if (!isWhole(text)) throw error;
    return readAsJson(text, true);
  }
}

/** Only what begins and ends as an object is repaired; that its brackets balance the reader checks. */
function isWhole(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.startsWith("{") && trimmed.endsWith("}");
}

/** Reads JSON as it stands, and nothing else; throws as {@linkcode readDocument} does. */
export function readPlainJson(text: string): AlertDocument {
  return readAsJson(text, false);
}

function readAsJson(text: string, lenient: boolean): AlertDocument {
  const credentials: Span[] = [];
  const payload = readJson(text, {
    lenient,
    onMember: (name, start, end) => {
      if (isCredentialName(name)) credentials.push({ start, end });
    },
  });
  return { form: "json", repaired: lenient, payload, credentials };
}

function documentOf({ form, fields }: TextAlert): AlertDocument {
  const payload = new Map(fields.map(({ name, value }) => [name, value]));
  const credentials = fields.filter(({ name }) => isCredentialName(name));
  return { form, repaired: false, payload, credentials };
}
