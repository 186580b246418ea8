/**
 * What Postgres cannot store and what a number's reader would change, found before the database does:
 * there it would be a 500 that any sender can cause.
 *
 * @module
 */

import { isSafeNumber } from "../signal/decimal.ts";
import {
  isJsonArray,
  isJsonObject,
  JsonNumber,
  type JsonValue,
} from "./json.ts";
import { fieldError } from "../signal/faults.ts";
import type { FieldError } from "../refusal.ts";

/** Every text, name and number in `value` that cannot be kept as it is. */
export function findUnstorable(value: JsonValue, path = ""): FieldError[] {
  if (typeof value === "string") {
    return isStorable(value) ? [] : [fieldError(path, "unstorable_text")];
  }
  if (value instanceof JsonNumber) {
    return isSafeNumber(value.text) ? [] : [fieldError(path, "unsafe_number")];
  }
  if (isJsonArray(value)) {
    return value.flatMap((element, index) =>
      findUnstorable(element, join(path, String(index)))
    );
  }
  if (!isJsonObject(value)) return [];
  return [...value].flatMap(([name, member]) => {
    const inside = join(path, name);
    const ofName = isStorable(name)
      ? []
      : [fieldError(inside, "unstorable_text")];
    return [...ofName, ...findUnstorable(member, inside)];
  });
}

/** Whether Postgres can keep the text: no NUL, no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
