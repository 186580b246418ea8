/**
 * A closed list of everything that can be wrong with one field of an alert.
 *
 * @module
 */

import { type FieldError, Refusal } from "./refusal.ts";

/** Codes are stable. Messages never quote the payload: what stands there may be a credential. */
export const FIELD_ERRORS = {
  not_an_object: "Not an object: send one JSON object",
  too_deep: "Nested too deep: at most 32 levels are read",
  unstorable_text: "Text holds NUL or half a surrogate pair: remove it",
  unsafe_number: "Number would change when read: send it as text",
  required: "Missing: send this field",
  unknown_action:
    "Unknown action: send buy, sell, exit, cancel or hold, or a synonym such as enter_long, exit_long, close_short or flat (all of them: docs/alerts.md)",
  unknown_direction:
    "Unknown direction: send long, short or flat, or bullish or bearish",
  contradiction: "Means another action than a field beside it",
  unresolved_placeholder:
    "Placeholder '{{…}}' was not replaced: check where the alert's message is written",
  wrong_type: "Neither text nor a number",
  not_decimal:
    "Not a number in decimal notation: leave out thousands separators, and write a point before decimals (1234.5)",
  negative: "Negative: send 0 or more",
  out_of_range: "Out of range: send 0 to 1, or a percentage up to 100",
  too_long: "Too long",
  invalid: "Not a value for this field",
  payload_schema: "The strategy's payload_schema forbids it",
} as const;

export type FieldErrorCode = keyof typeof FIELD_ERRORS;

/** Paths come from the sender's names, and may stand in messages: cut, and safe to store. */
const MAX_TEXT_LENGTH = 200;
/** One bad alert may have thousands of faults; its answer, and the search for them, need not. */
export const MAX_FIELD_ERRORS = 20;

export function isFieldErrorCode(code: string): code is FieldErrorCode {
  return Object.hasOwn(FIELD_ERRORS, code);
}

export function fieldError(
  path: string,
  code: FieldErrorCode,
  message: string = FIELD_ERRORS[code],
): FieldError {
  return { path: storable(path), code, message: storable(message) };
}

function storable(text: string): string {
  return text.slice(0, MAX_TEXT_LENGTH).replaceAll("\0", "\ufffd")
    .toWellFormed();
}

/** The 422 that says what to change, field by field. */
export function invalidAlert(faults: readonly FieldError[]): Refusal {
  const [first, ...others] = faults;
  const where = first?.path ? `${first.path}: ` : "";
  const rest = others.length > 0 ? ` (and ${others.length} more)` : "";
  return new Refusal("invalid_alert", {
    detail: `Cannot accept the alert: ${where}${first?.message}${rest}`,
    errors: faults.slice(0, MAX_FIELD_ERRORS),
  });
}
