/**
 * JSON whose numbers stay as their sender wrote them.
 *
 * `JSON.parse` makes doubles of them: `1e400` becomes `null` when written again and
 * `9007199254740993` becomes `…992`, and with a price that is money.
 *
 * @module
 */

/** A parsed JSON value. */
export type JsonValue =
  | null
  | boolean
  | string
  | JsonNumber
  | readonly JsonValue[]
  | JsonObject;

/** A map, not an object: `__proto__` is a name like any other. */
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** A number, kept as its text. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

export function isJsonObject(value: JsonValue): value is JsonObject {
  return value instanceof Map;
}

export function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Returns the value as JSON text, its numbers exactly as they were written. */
export function writeJson(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text;
  if (isJsonArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = [...value].map(([name, member]) =>
    `${JSON.stringify(name)}:${writeJson(member)}`
  );
  return `{${members.join(",")}}`;
}

/** Returns the value as `JSON.parse` makes it, for libraries that take nothing else; numbers become doubles. */
export function toPlain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (isJsonArray(value)) return value.map(toPlain);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    [...value].map(([name, member]) => [name, toPlain(member)]),
  );
}
