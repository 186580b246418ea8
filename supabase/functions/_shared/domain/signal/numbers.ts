/**
 * Readers of a signal's numbers: quantity, price and confidence (docs/alerts.md).
 *
 * Of a column's fields the first that is present counts, in the order they stand here.
 *
 * @module
 */

import type { Alert } from "../alert/alert.ts";
import { canonicalDecimal, percent, survivesDouble } from "../json/decimal.ts";
import {
  fault,
  type Field,
  type Fields,
  found,
  type Reading,
  readTextOf,
} from "../alert/fields.ts";
import { JsonNumber } from "../json/value.ts";

const QUANTITY_FIELDS = [
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
const PRICE_FIELDS = [
  "price",
  "signalPrice",
  "trigger_price",
  "strategy.order.price",
  "close",
  "entry",
  "marketPrice",
];
/** A share of something (`50%`, `quantityType: risk_dollar_amount`) is no quantity: it stays in the payload. */
export function readQuantity(
  fields: Fields,
  form: Alert["form"],
): Reading<string> | undefined {
  const type = readTextOf(fields.first(["quantityType"]));
  const isFixed = type?.value?.toLowerCase() === "fixed_quantity";
  if (type !== undefined && !isFixed) return { ...type, value: undefined };
  // In JSON `volume` is TradingView's {{volume}}: what the market traded, not what to trade.
  const names = form === "pairs"
    ? [...QUANTITY_FIELDS, "volume"]
    : QUANTITY_FIELDS;
  const reading = readDecimal(fields.first(names));
  const isPercent = /^[+-]?\d*\.?\d+\s*%$/.test(reading?.value ?? "");
  return isPercent ? undefined : reading;
}

export function readPrice(fields: Fields): Reading<string> | undefined {
  return readDecimal(fields.first(PRICE_FIELDS));
}

/** A number's exact decimal text. What is no decimal is handed on as it is, for the schema to refuse. */
function readDecimal(field: Field | undefined): Reading<string> | undefined {
  const text = readTextOf(field);
  if (field === undefined || text?.value === undefined) return text;
  if (field.value instanceof JsonNumber && !survivesDouble(text.value)) {
    return fault(field.path, "unsafe_number");
  }
  return found(field.path, canonicalDecimal(text.value) ?? text.value);
}

const CONFIDENCE = /^([+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)$/;

/** 0 to 1. Above 1, or with `%`, it is a percentage. */
export function readConfidence(
  fields: Fields,
): Reading<string | number> | undefined {
  const text = readTextOf(fields.first(["confidence"]));
  if (text?.value === undefined) return text;
  const [, number, sign] = CONFIDENCE.exec(text.value) ?? [];
  if (number === undefined) return text;
  const isPercentage = sign === "%" || Number(number) > 1;
  return found(text.path, isPercentage ? percent(number) : Number(number));
}
