import { z } from "zod";
import type { FieldError } from "../refusal.ts";
import { fieldError, MAX_FAULTS } from "./faults.ts";

/**
 * Compiles a strategy's JSON Schema into a check of payloads; it names the first faults only.
 * Throws if the schema cannot be used, with a sentence that says why.
 */
export function compilePayloadSchema(
  schema: unknown,
): (payload: unknown) => FieldError[] {
  const compiled = z.fromJSONSchema(
    schema as Parameters<typeof z.fromJSONSchema>[0],
  );
  return (payload) => {
    const issues = compiled.safeParse(payload).error?.issues ?? [];
    return issues.slice(0, MAX_FAULTS).map(({ path, message }) =>
      fieldError(path.join("."), "payload_schema", message)
    );
  };
}
