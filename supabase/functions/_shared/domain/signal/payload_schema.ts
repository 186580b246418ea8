/**
 * A strategy's own JSON Schema (draft 2020-12) for payloads.
 *
 * @module
 */
import {
  dereference,
  type OutputUnit,
  type Schema,
  Validator,
} from "@cfworker/json-schema";
import { z } from "zod";
import { fieldError, MAX_FIELD_ERRORS } from "../field_error.ts";
import type { FieldError } from "../refusal.ts";

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
const pattern = z.string().refine(isPattern, "Expected a regular expression");
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

/** Keywords that are checked, so that a mistake does not silently change a schema's meaning; others are the operator's. */
const keywords = z.looseObject({
  type: z.array(type).min(1).or(type).optional(),
  enum: z.array(z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  properties: named,
  patternProperties: z.record(pattern, schema).optional(),
  dependentSchemas: named,
  $defs: named,
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
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: number,
});

/** Whether the validator can compile it. */
function isPattern(text: string): boolean {
  try {
    return new RegExp(text, "u") !== undefined;
  } catch {
    return false;
  }
}

/**
 * Compiles a schema into a check of payloads; it names the first faults only.
 * Throws if the schema cannot be used, with a sentence that says why.
 */
export function compilePayloadSchema(
  given: unknown,
): (payload: unknown) => FieldError[] {
  const { success, error } = schema.safeParse(given);
  if (!success) {
    const [issue] = error.issues;
    throw new Error(`${issue!.path.join(".") || "schema"}: ${issue!.message}`);
  }
  const own = structuredClone(given) as Schema;
  refuseMissing(dereference(own));
  const validator = new Validator(own, "2020-12", false);
  return (payload) => {
    const errors = errorsOf(validator, payload);
    return [
      ...errors.values().filter((error, index) =>
        isInnermost(error, errors[index + 1])
      ).take(MAX_FIELD_ERRORS).map(faultOf),
    ];
  };
}

/** Validates; a schema that refers to itself without end accepts nothing. */
function errorsOf(validator: Validator, payload: unknown): OutputUnit[] {
  try {
    return validator.validate(payload).errors;
  } catch (cause) {
    const error = `The schema cannot be used: ${cause}`;
    const keyword = "$ref";
    return [{ instanceLocation: "#", keyword, keywordLocation: "#", error }];
  }
}

/** Throws for a reference without a target, which would otherwise be noticed only when an alert reaches it. */
function refuseMissing(lookup: Record<string, Schema | boolean>): void {
  for (const one of Object.values(lookup)) {
    if (typeof one === "boolean" || one.$ref === undefined) continue;
    if (lookup[one.__absolute_ref__ ?? one.$ref] === undefined) {
      throw new Error(`$ref: nothing is called "${one.$ref}"`);
    }
  }
}

/** The validator reports parents before children; keep only the innermost error. */
function isInnermost(
  { instanceLocation }: OutputUnit,
  next: OutputUnit | undefined,
): boolean {
  return !next?.instanceLocation.startsWith(`${instanceLocation}/`);
}

/** Keywords whose messages never quote the payload. */
const SAFE_TO_QUOTE = [
  "type",
  "required",
  "enum",
  "const",
  "pattern",
  "format",
  "additionalProperties",
  "dependentRequired",
  "$ref",
];

function faultOf({ instanceLocation, keyword, error }: OutputUnit): FieldError {
  const path = instanceLocation.split("/").slice(1).map((part) =>
    decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")
  ).join(".");
  const message = keyword === "false"
    ? "Not allowed here"
    : SAFE_TO_QUOTE.includes(keyword)
    ? error
    : `Not what "${keyword}" asks for`;
  return fieldError(path, "payload_schema", message);
}
