import { z } from "zod";
import type { FieldError } from "../refusal.ts";

/**
 * Compiles a strategy's JSON Schema into a check of payloads.
 * Throws if the schema cannot be used, with a sentence that says why.
 */
export function compilePayloadSchema(
  schema: unknown,
): (payload: unknown) => FieldError[] {
  const compiled = z.fromJSONSchema(
    schema as Parameters<typeof z.fromJSONSchema>[0],
  );
  return (payload) =>
    compiled.safeParse(payload).error?.issues.map((issue) => ({
      path: issue.path.join("."),
      code: "payload_schema",
      message: issue.message,
    })) ?? [];
}
