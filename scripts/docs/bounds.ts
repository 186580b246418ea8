/**
 * Says in words what a setting may be.
 *
 * @module
 */
import type { z } from "zod";
import type { Column } from "./table_columns.ts";

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Returns what a column may be: by the schema that HTTP calls go through, and by its checks. */
export function boundsOf(
  { type, bounds }: Column,
  setting: JsonSchema | undefined,
): string {
  const said = setting ? words(setting) : TYPES[type] ?? type;
  // Other checks only repeat what the schema says.
  const isChecked = setting === undefined || type === "interval" ||
    said === "text";
  return [said, ...isChecked ? bounds : []].join("; ");
}

const TYPES: Record<string, string> = {
  text: "text",
  bool: "`true` or `false`",
  int4: "an integer",
  interval: "a time span such as `10 minutes`",
};

function words(schema: JsonSchema): string {
  const { description, enum: values, anyOf, type, items } = schema;
  if (description !== undefined) return description;
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (values) return values.map((value) => `\`${value}\``).join(", ");
  if (anyOf) {
    return anyOf.filter(isSchema).map(words)
      .map((said) => said === "null" ? "empty" : said).join("; or ");
  }
  switch (type) {
    case "boolean":
      return "`true` or `false`";
    case "integer":
    case "number":
      return `${type === "integer" ? "an integer" : "a number"}${
        range(schema)
      }`;
    case "array":
      return `a list of: ${isSchema(items) ? words(items) : "anything"}`;
    case "object":
      return objectWords(schema);
    case "string":
      return schema.format === "date-time" ? "an ISO 8601 time" : "text";
    default:
      return String(type);
  }
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectWords({ properties = {} }: JsonSchema): string {
  const names = Object.keys(properties).map((name) => `\`${name}\``);
  return names.length ? `an object of ${names.join(", ")}` : "an object";
}

function range(
  { minimum, exclusiveMinimum, maximum }: JsonSchema,
): string {
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER &&
    `from ${minimum}`,
    exclusiveMinimum !== undefined && `more than ${exclusiveMinimum}`,
    isBounded && `at most ${maximum}`,
  ].filter(Boolean).map((said) => `, ${said}`).join("");
}
