/**
 * Reads the canonical signal from a payload: docs/alerts.md as code, its bounds as a schema.
 *
 * @module
 */

import { z } from "zod";
import type { Alert } from "../alert/alert.ts";
import {
  type FieldReading,
  type Fields,
  fieldsOf,
  isLongerThan,
} from "../alert/fields.ts";
import { fieldError, invalidAlert, isFieldErrorCode } from "../field_error.ts";
import { pairsHint } from "../hints/hints.ts";
import type { FieldError } from "../refusal.ts";
import {
  ACTIONS,
  DIRECTIONS,
  type Intent,
  INTENTS,
  type Sides,
} from "../vocabulary.ts";
import { ACTION_FIELDS, type ActionReading, readAction } from "./action.ts";
import {
  readExternalId,
  readFiredAt,
  readInstrument,
  readIsTest,
  readTimeframe,
} from "./attributes.ts";
import { intentOf } from "./intent.ts";
import { readConfidence, readPrice, readQuantity } from "./numbers.ts";
import { readPositions, readReduceOnly } from "./position.ts";

function text(length: number) {
  return z.string().refine((value) => !isLongerThan(value, length), "too_long");
}

/** More digits than any market has; the column is `numeric`. */
const decimal = z.string()
  .max(64, "too_long")
  .regex(/^-?(0|[1-9]\d*)(\.\d+)?$/, "not_decimal");

/** The only definition of a signal. Messages are our field error codes. */
const signalSchema = z.strictObject({
  action: z.enum(ACTIONS, "required"),
  direction: z.enum(DIRECTIONS).optional(),
  /** What it does to a position; absent: the alert does not say. */
  intent: z.enum(INTENTS).optional(),
  symbol: text(64).optional(),
  exchange: text(256).optional(),
  /** Decimals are text: a double would change them. */
  quantity: decimal.refine((value) => !value.startsWith("-"), "negative")
    .optional(),
  /** May be negative: oil was, spreads are. */
  price: decimal.optional(),
  confidence: z.number("not_decimal").min(0, "out_of_range")
    .max(1, "out_of_range").optional(),
  timeframe: text(256).optional(),
  fired_at: z.iso.datetime().optional(),
  external_id: text(256).optional(),
  is_test: z.boolean(),
}).readonly();

/** A validated alert in canonical form. Only {@linkcode readSignal} makes one. */
export type Signal = z.infer<typeof signalSchema>;

type Columns = Record<keyof Signal, FieldReading | undefined>;

/** Reads the signal of a strategy that takes these sides. Throws a `Refusal` that lists every field that is wrong. */
export function readSignal(
  alert: Pick<Alert, "payload" | "form">,
  sides: Sides = "both",
): Signal {
  const columns = readColumns(alert, sides);
  const present = Object.entries(columns)
    .flatMap(([column, reading]) =>
      reading?.value === undefined ? [] : [[column, reading.value] as const]
    );
  const result = signalSchema.safeParse(Object.fromEntries(present));
  const errors = [
    ...Object.values(columns).flatMap((reading) => reading?.errors ?? []),
    ...explain(result.error?.issues ?? [], columns, alert),
  ];
  if (!result.success || errors.length > 0) throw invalidAlert(errors);
  return result.data;
}

function readColumns(
  { payload, form }: Pick<Alert, "payload" | "form">,
  sides: Sides,
): Columns {
  const fields = fieldsOf(payload);
  const { action, direction, word, after } = readAction(fields);
  const quantity = readQuantity(fields, form);
  return {
    action,
    direction,
    intent: readIntent(fields, { action, quantity, word, after, sides }),
    ...readInstrument(fields),
    quantity,
    price: readPrice(fields),
    confidence: readConfidence(fields),
    timeframe: readTimeframe(fields),
    fired_at: readFiredAt(fields),
    external_id: readExternalId(fields),
    is_test: readIsTest(fields),
  };
}

function readIntent(
  fields: Fields,
  { action: { value: action }, quantity, word, after: stated, sides }:
    & Pick<ActionReading, "action" | "word" | "after">
    & { quantity: FieldReading<string> | undefined; sides: Sides },
): FieldReading<Intent> {
  const { before, after, errors } = readPositions(fields, {
    action: action === "buy" || action === "sell" ? action : undefined,
    quantity: quantity?.value,
    stated,
  });
  const reduceOnly = readReduceOnly(fields);
  const intent = action && intentOf({
    action,
    word,
    before,
    after,
    reduceOnly: reduceOnly.value === true,
    hasQuantity: quantity?.value !== undefined,
    sides,
  });
  return {
    path: "action",
    value: intent,
    errors: [...errors, ...reduceOnly.errors],
  };
}

/** Maps the schema's issues to errors of the payload's own fields, one per column; unreadable fields have theirs already. */
function explain(
  issues: readonly { path: PropertyKey[]; message: string }[],
  columns: Columns,
  alert: Pick<Alert, "payload" | "form">,
): FieldError[] {
  const seen = new Set<PropertyKey>();
  return issues.flatMap(({ path: [column], message }) => {
    const reading = columns[column as keyof Signal];
    if (column === undefined || seen.has(column)) return [];
    if (reading !== undefined && reading.errors.length > 0) return [];
    seen.add(column);
    const path = reading?.path ?? String(column);
    const code = isFieldErrorCode(message) ? message : "invalid";
    return [
      fieldError(
        path,
        code,
        code === "required" ? pairsHint(alert) ?? NO_ACTION : undefined,
      ),
    ];
  });
}

const NO_ACTION = `Missing: name the action in ${ACTION_FIELDS.join(", ")}, ` +
  "or give a direction, sentiment or position";
