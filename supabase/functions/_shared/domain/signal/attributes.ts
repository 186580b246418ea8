/**
 * Readers of a signal's texts, time and test flag, one per column (docs/alerts.md).
 *
 * The first present field of a column counts, in the order listed here.
 *
 * @module
 */

import {
  type Field,
  type FieldReading,
  type Fields,
  found,
  readText,
  readTextOf,
} from "../alert/fields.ts";
import { JsonNumber } from "../json/value.ts";
import { readTimestamp } from "./timestamp.ts";

export const SYMBOL_FIELDS = [
  "symbol",
  "ticker",
  "pair",
  "market",
  "instrument",
  "tv_instrument",
  "asset",
  "pairCode",
];
export const EXCHANGE_FIELDS = ["exchange", "tv_exchange"];
export const TIMEFRAME_FIELDS = ["timeframe", "interval", "tf"];
export const FIRED_AT_FIELDS = [
  "timenow",
  "fired_at",
  "triggered_at",
  "timestamp",
  "time",
];
export const EXTERNAL_ID_FIELDS = [
  "alert_id",
  "alert_uuid",
  "signal_id",
  "id",
  "client_ref",
  "clientId",
  "alertTimestamp",
  "event_id",
];

/** `EXCH:SYM`. A spread (`A:X-B:Y`) is a symbol of its own and stays whole. */
const EXCHANGE_AND_SYMBOL = /^([^:]+):([^:]+)$/;

/** Reads symbol and exchange; the exchange's own field takes precedence over the symbol's prefix. */
export function readInstrument(
  fields: Fields,
): Record<"symbol" | "exchange", FieldReading<string> | undefined> {
  const whole = readTextOf(fields.first(SYMBOL_FIELDS));
  const exchange = readTextOf(fields.first(EXCHANGE_FIELDS));
  const parts = EXCHANGE_AND_SYMBOL.exec(whole?.value ?? "");
  if (whole === undefined || parts === null) return { symbol: whole, exchange };
  const [, prefix = "", symbol = ""] = parts;
  return {
    symbol: found(whole.path, symbol.trim()),
    exchange: exchange ?? found(whole.path, prefix.trim()),
  };
}

export function readTimeframe(
  fields: Fields,
): FieldReading<string> | undefined {
  return readTextOf(fields.first(TIMEFRAME_FIELDS));
}

export function readExternalId(
  fields: Fields,
): FieldReading<string> | undefined {
  return readTextOf(fields.first(EXTERNAL_ID_FIELDS));
}

/** Reads the time; an unreadable one is no error: the column stays empty and the payload keeps it. */
export function readFiredAt(fields: Fields): FieldReading<string> | undefined {
  const field = fields.first(FIRED_AT_FIELDS);
  const text = readTextOf(field);
  const isUnreadable = text?.errors.some(({ code }) =>
    code === "wrong_type" || code === "too_long"
  );
  if (isUnreadable) return undefined;
  if (text?.value === undefined) return text;
  return { ...text, value: readTimestamp(text.value) };
}

const FALSE_WORDS = new Set(["false", "0", "no", "n", "off", "f"]);

export const TEST_FIELDS = ["test", "dry_run"];

/** Fail-safe: whatever is not plainly "no" marks a test, for a test must never become an order. */
export function readIsTest(fields: Fields): FieldReading<boolean> {
  const markers = fields.all(TEST_FIELDS);
  const flags = fields.all(["flag"]).filter(({ value }) =>
    typeof value === "string" && value.trim().toUpperCase() === "TEST"
  );
  const is_test = flags.length > 0 || markers.some(isMarked);
  const errors = markers
    .filter(({ value }) => typeof value === "string")
    .flatMap((marker) => readText(marker).errors)
    .filter(({ code }) => code !== "too_long");
  return { ...found("test", is_test), errors };
}

function isMarked({ value }: Field): boolean {
  if (value instanceof JsonNumber) return Number(value.text) !== 0;
  if (typeof value !== "string") return value !== false;
  return !FALSE_WORDS.has(value.trim().toLowerCase());
}
