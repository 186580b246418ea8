/**
 * Finds text that Postgres cannot store and numbers that a reader would change, before the database does: there
 * any sender could cause a 500.
 *
 * @module
 */

import { fieldError, MAX_FIELD_ERRORS } from "../field_error.ts";
import type { FieldError } from "../refusal.ts";
import { isSafeNumber } from "./decimal.ts";
import {
  isJsonArray,
  isJsonObject,
  JsonNumber,
  type JsonValue,
} from "./value.ts";

/** Returns an error for the first texts, names and numbers in `value` that cannot be kept as they are. */
export function findUnstorable(value: JsonValue): FieldError[] {
  const errors: FieldError[] = [];
  collectUnstorable(value, "", errors);
  return errors;
}

function collectUnstorable(
  value: JsonValue,
  path: string,
  errors: FieldError[],
): void {
  if (errors.length >= MAX_FIELD_ERRORS) return;
  if (typeof value === "string") {
    if (!isStorable(value)) errors.push(fieldError(path, "unstorable_text"));
  } else if (value instanceof JsonNumber) {
    if (!isSafeNumber(value.text)) {
      errors.push(fieldError(path, "unsafe_number"));
    }
  } else if (isJsonArray(value)) {
    value.forEach((element, index) =>
      collectUnstorable(element, join(path, String(index)), errors)
    );
  } else if (isJsonObject(value)) {
    for (const [name, member] of value) {
      const inside = join(path, name);
      if (!isStorable(name) && errors.length < MAX_FIELD_ERRORS) {
        errors.push(fieldError(inside, "unstorable_text"));
      }
      collectUnstorable(member, inside, errors);
    }
  }
}

/** Whether Postgres can keep the text: no NUL, no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
