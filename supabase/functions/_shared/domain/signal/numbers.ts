/**
 * Readers of a signal's numbers: quantity, price and confidence (docs/alerts.md).
 *
 * The first present field of a column counts, in the order listed here.
 *
 * @module
 */

import type { Alert } from "../alert/alert.ts";
import {
  failed,
  type Field,
  type FieldReading,
  type Fields,
  found,
  readTextOf,
} from "../alert/fields.ts";
import { canonicalDecimal, percent, survivesDouble } from "../json/decimal.ts";
import { JsonNumber } from "../json/value.ts";

export const QUANTITY_FIELDS = [
  "quantity",
  "qty",
  "size",
  "contracts",
  "order_contracts",
  "lot",
  "lots",
  "units",
  "strategy.order.contracts",
];
export const PRICE_FIELDS = [
  "price",
  "signalPrice",
  "trigger_price",
  "strategy.order.price",
  "close",
  "entry",
  "marketPrice",
];
/** In JSON `volume` is TradingView's {{volume}}: what the market traded, not what to trade. */
export const PAIRS_QUANTITY_FIELDS = ["volume"];

const SHARE = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)\s*%$/;

/** Reads the quantity. A share (`50%`, `quantityType: risk_dollar_amount`) is none and stays in the payload. */
export function readQuantity(
  fields: Fields,
  form: Alert["form"],
): FieldReading<string> | undefined {
  const type = readTextOf(fields.first(["quantityType"]));
  const isFixed = type?.value?.toLowerCase() === "fixed_quantity";
  if (type !== undefined && !isFixed) return { ...type, value: undefined };
  const names = form === "pairs"
    ? [...QUANTITY_FIELDS, ...PAIRS_QUANTITY_FIELDS]
    : QUANTITY_FIELDS;
  const reading = readDecimal(fields.first(names));
  return SHARE.test(reading?.value ?? "") ? undefined : reading;
}

export function readPrice(fields: Fields): FieldReading<string> | undefined {
  return readDecimal(fields.first(PRICE_FIELDS));
}

/** Reads a number's exact decimal text. Anything else is passed on as it is, for the schema to refuse. */
function readDecimal(
  field: Field | undefined,
): FieldReading<string> | undefined {
  const text = readTextOf(field);
  if (field === undefined || text?.value === undefined) return text;
  if (field.value instanceof JsonNumber && !survivesDouble(text.value)) {
    return failed(field.path, "unsafe_number");
  }
  return found(field.path, canonicalDecimal(text.value) ?? text.value);
}

export const CONFIDENCE_FIELDS = ["confidence"];

const CONFIDENCE = /^([+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)$/;

/** 0 to 1. Above 1, or with `%`, it is a percentage. */
export function readConfidence(
  fields: Fields,
): FieldReading<string | number> | undefined {
  const text = readTextOf(fields.first(CONFIDENCE_FIELDS));
  if (text?.value === undefined) return text;
  const [, number, sign] = CONFIDENCE.exec(text.value) ?? [];
  if (number === undefined) return text;
  const isPercentage = sign === "%" || Number(number) > 1;
  return found(text.path, isPercentage ? percent(number) : Number(number));
}
