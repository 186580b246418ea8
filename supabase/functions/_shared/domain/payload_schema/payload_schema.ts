/**
 * A strategy's own JSON Schema (draft 2020-12) for payloads. Whatever the schema and the payload, a check is over in a
 * few milliseconds: its steps are counted, and no pattern or format costs more than the text.
 *
 * @module
 */
import { fieldError } from "../field_error.ts";
import type { FieldError } from "../refusal.ts";
import { applicatorsOf, type Schema } from "./applicators.ts";
import { ASSERTIONS } from "./assertions.ts";
import { checkKeywords } from "./keywords.ts";
import { refuseCircle, resolveReference, schemasIn } from "./references.ts";
import { type Check, Run, TooCostly } from "./run.ts";

const MAX_SCHEMA_LENGTH = 64 * 1024;
const TOO_COSTLY =
  "Too much for the strategy's payload_schema: fewer or shorter values can be checked";

/**
 * Compiles a schema into a check of payloads; it names the first faults only.
 * Throws if the schema cannot be used, with a sentence that says why.
 */
export function compilePayloadSchema(
  given: unknown,
): (payload: unknown) => FieldError[] {
  if (JSON.stringify(given).length > MAX_SCHEMA_LENGTH) {
    throw new Error("schema: Expected at most 64 KiB");
  }
  checkKeywords(given);
  const check = compileRoot(given as Schema);
  return (payload) => {
    const run = new Run();
    try {
      check(payload, undefined, run);
      return run.errors;
    } catch (error) {
      if (!(error instanceof TooCostly)) throw error;
      return [fieldError("", "payload_schema", TOO_COSTLY)];
    }
  };
}

function compileRoot(root: Schema): Check {
  const schemas = new Set(schemasIn(root));
  const compiled = new Map<Schema, Check>();
  const resolve = ($ref: string) =>
    compile(resolveReference(root, $ref, schemas));
  function compile(schema: Schema): Check {
    const found = compiled.get(schema);
    if (found) return found;
    let checks: Check[] = [];
    const whole: Check = (value, place, run) => {
      run.spend(1 + checks.length);
      return checks.filter((check) => !check(value, place, run)).length === 0;
    };
    compiled.set(schema, whole);
    checks = checksOf(schema, resolve, compile);
    return whole;
  }
  const check = compile(root);
  refuseCircle(root, compiled.keys());
  return check;
}

function checksOf(
  schema: Schema,
  resolve: ($ref: string) => Check,
  compile: (schema: Schema) => Check,
): Check[] {
  if (schema === true) return [];
  if (schema === false) {
    return [(_value, place, run) => run.fail(place, "Not allowed here")];
  }
  const { $ref } = schema;
  const assertions = Object.entries(ASSERTIONS)
    .filter(([keyword]) => schema[keyword] !== undefined)
    .map(([keyword, make]) => make(schema[keyword] as never));
  return [
    ...typeof $ref === "string" ? [resolve($ref)] : [],
    ...assertions,
    ...applicatorsOf(schema, compile),
  ];
}
