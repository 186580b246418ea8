/**
 * Reads the words of fields that name an action or a direction.
 *
 * @module
 */
import {
  failed,
  type Field,
  type FieldReading,
  type Fields,
  found,
  MAX_TEXT_CHARACTERS,
  readText,
} from "../alert/fields.ts";
import { formHint, misspelt } from "../hints/hints.ts";
import type { FieldErrorCode } from "../field_error.ts";
import { DIRECTION_WORDS, type Meaning, meaningOf } from "../vocabulary.ts";

/** Returns what the words of these fields mean; a size (`position: 2`) is no word. */
export function directionWords(
  fields: Fields,
  names: readonly string[],
): FieldReading<Meaning>[] {
  return fields.all(names)
    .filter((field) => !isPositionSize(field))
    .map((field) => readWord(field, DIRECTION_WORDS, "unknown_direction"));
}

/** `position: 2`, as text or not, or `position: {…}` is a size or a record, not a direction. */
function isPositionSize({ path, value }: Field): boolean {
  if (!/position$/i.test(path)) return false;
  return typeof value !== "string" ||
    value.length <= MAX_TEXT_CHARACTERS &&
      /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)$/.test(value.trim());
}

/** Returns what a field's word means; another is the error `unknown`. */
export function readWord(
  field: Field,
  words: ReadonlyMap<string, Meaning>,
  unknown: FieldErrorCode,
): FieldReading<Meaning> {
  const text = readText(field);
  if (text.value === undefined) return { ...text, value: undefined };
  const meaning = meaningOf(text.value, words);
  return meaning === undefined
    ? failed(
      field.path,
      unknown,
      formHint(text.value) ?? misspelt(text.value, words.keys()),
    )
    : found(field.path, meaning);
}
