/**
 * From a request's raw bytes to an alert: a payload that can be stored, its credentials masked.
 *
 * @module
 */

import { type AlertDocument, readDocument } from "./document.ts";
import { Fields, readText } from "../signal/fields.ts";
import { isJsonObject, type JsonObject, writeJson } from "./json.ts";
import { JsonDepthError, JsonSyntaxError } from "./json_reader.ts";
import { maskPayload } from "./mask.ts";
import { fieldError, invalidAlert } from "../signal/faults.ts";
import { Refusal } from "../refusal.ts";
import { findUnstorable } from "./storable.ts";
import type { Endpoint } from "../strategy.ts";

const MAX_NAME_LENGTH = 256;

/** What a sender posted, read but not yet understood. */
export interface Alert {
  /** Credentials in it are masked. */
  payload: JsonObject;
  /** The payload as JSON text, its numbers exactly as the sender wrote them. */
  payloadText: string;
  /** It was not valid JSON, and was repaired. */
  repaired: boolean;
  form: AlertDocument["form"];
  /** The strategy it names, if it names one. */
  strategyName?: string;
}

/**
 * The body as its sender wrote it, with `secrets` masked in what it says.
 * Throws a `Refusal`: `malformed_alert` for what cannot be read, `invalid_alert` for what cannot be accepted.
 */
export function parseAlert(
  body: Uint8Array,
  endpoint: Endpoint,
  secrets: readonly string[] = [],
): Alert {
  const document = readBody(body);
  if (!isJsonObject(document.payload)) {
    throw invalidAlert([fieldError("", "not_an_object")]);
  }
  const payload = maskPayload(document.payload, secrets);
  const unstorable = findUnstorable(payload);
  if (unstorable.length > 0) throw invalidAlert(unstorable);
  const strategyName = readStrategyName(payload);
  if (strategyName === undefined && endpoint === "universal") {
    throw invalidAlert([fieldError("strategy", "required")]);
  }
  return {
    payload,
    payloadText: writeJson(payload),
    repaired: document.repaired,
    form: document.form,
    ...(strategyName === undefined ? {} : { strategyName }),
  };
}

/** The strategy that an alert names, read before authentication: never throws, whatever the body. */
export function peekStrategyName(body: Uint8Array): string | undefined {
  try {
    const { payload } = readDocument(decodeBody(body));
    return isJsonObject(payload) ? readStrategyName(payload) : undefined;
  } catch {
    return undefined; // said when the credential holds
  }
}

/** Only text names a strategy: `strategy: {order: …}` is another shape (docs/alerts.md). */
function readStrategyName(payload: JsonObject): string | undefined {
  const field = new Fields(payload).all(["strategy", "strategy_name"])
    .find(({ value }) => typeof value === "string");
  if (field === undefined) return undefined;
  const { value, errors } = readText(field);
  if (value === undefined) throw invalidAlert(errors);
  if (value.length > MAX_NAME_LENGTH) {
    throw invalidAlert([fieldError(field.path, "too_long")]);
  }
  return value;
}

function readBody(body: Uint8Array): AlertDocument {
  const text = decodeBody(body);
  if (text.trim() === "") throw malformed("Cannot read the body: it is empty");
  try {
    return readDocument(text);
  } catch (error) {
    if (error instanceof JsonDepthError) {
      throw invalidAlert([fieldError("", "too_deep")]);
    }
    if (!(error instanceof JsonSyntaxError)) throw error;
    const alternative = /^\s*[{["]/.test(text)
      ? ""
      : ", and it is no known text form either";
    throw malformed(
      `Cannot read the body as JSON: ${error.message}${alternative}`,
      error,
    );
  }
}

/** UTF-8, a leading byte order mark allowed. */
function decodeBody(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (error) {
    throw malformed("Cannot read the body: it is not UTF-8", error);
  }
}

function malformed(detail: string, cause?: unknown): Refusal {
  return new Refusal("malformed_alert", { detail, cause });
}
