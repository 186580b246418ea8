/**
 * The keywords of a payload schema, checked so that a mistake does not silently change its meaning.
 *
 * @module
 */
import { z } from "zod";
import { FORMATS } from "./formats.ts";
import { compilePattern } from "./pattern.ts";

const TYPES = [
  "null",
  "boolean",
  "number",
  "integer",
  "string",
  "array",
  "object",
] as const;

const type = z.enum(TYPES);
const pattern = z.string().superRefine((source, context) => {
  try {
    compilePattern(source);
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : String(error));
  }
});
const format = z.string().refine(
  (name) => FORMATS.has(name),
  `Expected one of the formats ${[...FORMATS.keys()].join(", ")}`,
);
/** Not `z.union`: it would report nested errors at the root. */
const schema: z.ZodType = z.unknown().superRefine((given, context) => {
  if (typeof given === "boolean") return;
  for (
    const { path, message } of keywords.safeParse(given).error?.issues ?? []
  ) {
    context.addIssue({ code: "custom", path, message });
  }
});
const one = schema.optional();
const some = z.array(schema).min(1).optional();
const named = z.record(z.string(), schema).optional();
const number = z.number().optional();
const count = z.number().int().min(0).optional();
const never = z.never("Not supported: write the schema without it").optional();

/** Other keywords are the operator's. */
const keywords = z.looseObject({
  $ref: z.string().optional(),
  type: z.array(type).min(1).or(type).optional(),
  enum: z.array(z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  dependentRequired: z.record(z.string(), z.array(z.string())).optional(),
  properties: named,
  patternProperties: z.record(pattern, schema).optional(),
  dependentSchemas: named,
  $defs: named,
  definitions: named,
  additionalProperties: one,
  propertyNames: one,
  items: one,
  contains: one,
  not: one,
  if: one,
  then: one,
  else: one,
  prefixItems: some,
  allOf: some,
  anyOf: some,
  oneOf: some,
  pattern: pattern.optional(),
  format: format.optional(),
  uniqueItems: z.boolean().optional(),
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: z.number().positive().optional(),
  minLength: count,
  maxLength: count,
  minItems: count,
  maxItems: count,
  minContains: count,
  maxContains: count,
  minProperties: count,
  maxProperties: count,
  $dynamicRef: never,
  $recursiveRef: never,
  unevaluatedProperties: never,
  unevaluatedItems: never,
  additionalItems: never,
  dependencies: never,
});

/** Throws with a sentence that says which keyword is wrong, and why. */
export function checkKeywords(given: unknown): void {
  const [issue] = schema.safeParse(given).error?.issues ?? [];
  if (!issue) return;
  throw new Error(`${issue.path.join(".") || "schema"}: ${issue.message}`);
}
