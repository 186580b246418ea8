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
  return [...unstorable(value, "").take(MAX_FIELD_ERRORS)];
}

function* unstorable(value: JsonValue, path: string): Generator<FieldError> {
  if (typeof value === "string" && !isStorable(value)) {
    yield fieldError(path, "unstorable_text");
  }
  if (value instanceof JsonNumber && !isSafeNumber(value.text)) {
    yield fieldError(path, "unsafe_number");
  }
  if (isJsonArray(value)) {
    for (const [index, element] of value.entries()) {
      yield* unstorable(element, join(path, String(index)));
    }
  }
  if (!isJsonObject(value)) return;
  for (const [name, member] of value) {
    const inside = join(path, name);
    if (!isStorable(name)) yield fieldError(inside, "unstorable_text");
    yield* unstorable(member, inside);
  }
}

/** Whether Postgres can keep the text: no NUL, no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
