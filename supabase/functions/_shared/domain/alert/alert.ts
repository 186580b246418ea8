/**
 * Makes an alert of a body: a payload that can be stored, its credentials masked.
 *
 * @module
 */

import { fieldError, invalidAlert } from "../field_error.ts";
import { pairsHint } from "../hints/hints.ts";
import { findUnstorable } from "../json/postgres_text.ts";
import { isJsonObject, type JsonObject, writeJson } from "../json/value.ts";
import { maskPayload } from "../mask/payload.ts";
import { holdsAny } from "../mask/secrets.ts";
import type { Endpoint } from "../strategy.ts";
import type { AlertBody, BodyReading } from "./body.ts";
import type { AlertDocument } from "./document.ts";
import { fieldsOf, readText } from "./fields.ts";

export const STRATEGY_FIELDS = ["strategy", "strategy_name"];
/** TradingView's default message names the script; on the universal endpoint that names the strategy. */
const TITLE_FIELDS = [...STRATEGY_FIELDS, "strategy_title"];
const NO_STRATEGY =
  'Missing: name the strategy, as in strategy=gold-scalper or "strategy": "gold-scalper", or send the alert to the URL of its own';

/** The sender's alert, parsed but not validated. */
export interface Alert {
  /** Credentials in it are masked. */
  payload: JsonObject;
  /** The payload as JSON text, its numbers exactly as the sender wrote them. */
  payloadText: string;
  form: AlertDocument["form"];
  /** It was not valid JSON, and was repaired. */
  repaired: boolean;
  /** The strategy it names, if it names one. */
  strategyName?: string;
}

/**
 * Returns the alert with credentials and `secrets` (spellings) masked in its payload.
 * Throws a `Refusal`: `malformed_alert` if the body cannot be parsed, `invalid_alert` if it cannot be accepted.
 */
export function parseAlert(
  body: AlertBody,
  endpoint: Endpoint,
  secrets: readonly string[] = [],
): Alert {
  const reading = body.read();
  if (!reading.ok) throw reading.refusal;
  const { document } = reading;
  if (!isJsonObject(document.payload)) {
    throw invalidAlert([fieldError("", "not_an_object")]);
  }
  const mayHoldSecret = reading.isSuspicious ||
    holdsAny(reading.text, secrets);
  const payload = mayHoldSecret
    ? maskPayload(document.payload, secrets)
    : document.payload;
  const unstorable = findUnstorable(payload);
  if (unstorable.length > 0) throw invalidAlert(unstorable);
  const strategyName = readStrategyName(
    payload,
    isTitled(document.form, endpoint),
  );
  if (strategyName === undefined && endpoint === "universal") {
    const message = pairsHint({ form: document.form, payload }) ?? NO_STRATEGY;
    throw invalidAlert([fieldError("strategy", "required", message)]);
  }
  return {
    payload,
    payloadText: writeJson(payload),
    form: document.form,
    repaired: document.repaired,
    ...(strategyName === undefined ? {} : { strategyName }),
  };
}

/** Returns the strategy that a body names on the universal endpoint, before authentication; never throws. */
export function peekStrategyName(body: AlertBody): string | undefined {
  return nameIn(body.peek(), "universal");
}

/** The same of a sender who is verified, whatever the form and the length of the body. */
export function strategyNameOf(
  body: AlertBody,
  endpoint: Endpoint = "universal",
): string | undefined {
  return nameIn(body.read(), endpoint);
}

function nameIn(reading: BodyReading, endpoint: Endpoint): string | undefined {
  if (!reading.ok || !isJsonObject(reading.document.payload)) return undefined;
  const { payload, form } = reading.document;
  try {
    return readStrategyName(payload, isTitled(form, endpoint));
  } catch {
    return undefined; // reported once the credential is verified
  }
}

/** Whether the script's title names the strategy. */
function isTitled(form: AlertDocument["form"], endpoint: Endpoint): boolean {
  return endpoint === "universal" && form === "tradingview";
}

/** Only text names a strategy: `strategy: {order: …}` is another shape (docs/alerts.md). */
function readStrategyName(
  payload: JsonObject,
  byTitle: boolean,
): string | undefined {
  const names = byTitle ? TITLE_FIELDS : STRATEGY_FIELDS;
  const field = fieldsOf(payload).all(names)
    .find(({ value }) => typeof value === "string");
  if (field === undefined) return undefined;
  const { value, errors } = readText(field);
  if (value === undefined) throw invalidAlert(errors);
  return value;
}
