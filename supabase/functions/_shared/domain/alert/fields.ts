/**
 * Fields of a payload by name: any case, and dotted names both nested and spelled out.
 *
 * @module
 */

import { fieldError, type FieldErrorCode } from "../field_error.ts";
import { unresolved } from "../hints/placeholders.ts";
import {
  isJsonObject,
  JsonNumber,
  type JsonObject,
  type JsonValue,
} from "../json/value.ts";
import type { FieldError } from "../refusal.ts";

/** A field that is present: neither null nor blank. `path` is written as the sender wrote it. */
export interface Field {
  path: string;
  value: JsonValue;
}

/** The value of a field, or the errors that prevent one. */
export interface FieldReading<T = unknown> {
  path: string;
  value: T | undefined;
  errors: FieldError[];
}

export class Fields {
  readonly #byName = new Map<string, Field[]>();

  constructor(payload: JsonObject) {
    for (const field of membersOf(payload)) {
      const name = field.path.toLowerCase();
      const namesakes = this.#byName.get(name);
      if (namesakes === undefined) this.#byName.set(name, [field]);
      else namesakes.push(field);
    }
  }

  /** Every field of these names, in the order of the names. */
  all(names: readonly string[]): Field[] {
    return names.flatMap((name) => this.#called(name)).filter(isPresent);
  }

  /** Returns the field of the first of these names that is present; of one name in several cases the last, like any duplicate. */
  first(names: readonly string[]): Field | undefined {
    for (const name of names) {
      const field = this.#called(name).findLast(isPresent);
      if (field !== undefined) return field;
    }
    return undefined;
  }

  /** Whether a field of these names came with nothing in it. */
  hasEmpty(names: readonly string[]): boolean {
    return names.some((name) =>
      this.#called(name).some((field) => !isPresent(field))
    );
  }

  #called(name: string): readonly Field[] {
    const { lowerCase, first, rest } = nameOf(name);
    const named = this.#byName.get(lowerCase) ?? [];
    const parents = rest.length ? this.#byName.get(first) : undefined;
    return parents ? [...named, ...nested(parents, rest)] : named;
  }
}

/** Fields of payloads that were looked through already. */
const looked = new WeakMap<JsonObject, Fields>();

/** Returns the fields of a payload, which is looked through once, however many steps ask. */
export function fieldsOf(payload: JsonObject): Fields {
  const known = looked.get(payload);
  if (known) return known;
  const fields = new Fields(payload);
  looked.set(payload, fields);
  return fields;
}

/** `strategy.order.action` inside `{"strategy": {"order": {"action": …}}}`. */
function nested(parents: readonly Field[], rest: readonly string[]): Field[] {
  return rest.reduce<readonly Field[]>(
    (parents, segment) =>
      parents.flatMap(({ path, value }) =>
        isJsonObject(value)
          ? membersOf(value)
            .filter((member) => member.path.toLowerCase() === segment)
            .map((member) => ({ ...member, path: `${path}.${member.path}` }))
          : []
      ),
    parents,
  ).slice();
}

/** A name that is looked for, and its parts if it is dotted. */
interface Name {
  lowerCase: string;
  first: string;
  rest: readonly string[];
}

/** The names that the code looks for: they are few and always the same. */
const names = new Map<string, Name>();

function nameOf(name: string): Name {
  const known = names.get(name);
  if (known) return known;
  const lowerCase = name.toLowerCase();
  const [first = "", ...rest] = name.split(".");
  const made = { lowerCase, first: first.toLowerCase(), rest };
  names.set(name, made);
  return made;
}

function membersOf(object: JsonObject): Field[] {
  return [...object].map(([path, value]) => ({ path, value }));
}

function isPresent({ value }: Field): boolean {
  return value !== null && !(typeof value === "string" && value.trim() === "");
}

/** Returns a scalar's text: trimmed, or a number as it was written. */
export function textOf(value: JsonValue): string | undefined {
  if (value instanceof JsonNumber) return value.text;
  return typeof value === "string" ? value.trim() : undefined;
}

/** No field that we read is longer; whatever looks into a text may rely on it. */
export const MAX_TEXT_CHARACTERS = 256;

/** Whether a text has more characters than `most`; characters, not UTF-16 units: that is how Postgres counts. */
export function isLongerThan(text: string, most: number): boolean {
  return text.length > most &&
    (text.length > 2 * most || [...text].length > most);
}

/** Reads text or a number. A placeholder that nobody replaced is no text. */
export function readText({ path, value }: Field): FieldReading<string> {
  const text = textOf(value);
  if (text === undefined) return failed(path, "wrong_type");
  if (typeof value === "string" && isLongerThan(text, MAX_TEXT_CHARACTERS)) {
    return failed(path, "too_long");
  }
  if (text.includes("{{")) {
    const code = "unresolved_placeholder";
    return failed(path, code, unresolved(text));
  }
  return found(path, text);
}

export function readTextOf(
  field: Field | undefined,
): FieldReading<string> | undefined {
  return field && readText(field);
}

export function found<T>(path: string, value: T): FieldReading<T> {
  return { path, value, errors: [] };
}

export function failed<T>(
  path: string,
  code: FieldErrorCode,
  message?: string,
): FieldReading<T> {
  return { path, value: undefined, errors: [fieldError(path, code, message)] };
}
