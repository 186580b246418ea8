/**
 * Reads what a caller sends. Every mistake is reported at once, by field.
 *
 * @module
 */
import type { z } from "zod";
import { fieldError, MAX_FIELD_ERRORS } from "../_shared/domain/field_error.ts";
import { isStorable } from "../_shared/domain/json/postgres_text.ts";
import { type FieldError, Refusal } from "../_shared/domain/refusal.ts";

/** Returns the request's JSON body as the schema outputs it; an empty body is `{}`. Throws `invalid_request`. */
export async function readJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.infer<Schema>> {
  return readInput(schema, parseJson(await request.text()));
}

/** Returns a value as the schema outputs it; throws `invalid_request` with every wrong field. */
export function readInput<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
): z.infer<Schema> {
  const unstorable = [...unstorableText(given).take(MAX_FIELD_ERRORS)];
  if (unstorable.length) {
    throw new Refusal("invalid_request", { errors: unstorable });
  }
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  throw new Refusal("invalid_request", {
    errors: error.issues.flatMap(fieldErrorsOf),
  });
}

/** Yields an error for every text that Postgres or PostgREST refuses: there it would look like an outage. */
function* unstorableText(given: unknown, path = ""): Generator<FieldError> {
  if (typeof given === "string" && !isStorable(given)) {
    yield fieldError(path, "unstorable_text");
  }
  if (typeof given !== "object" || given === null) return;
  for (const [key, value] of Object.entries(given)) {
    const inner = path === "" ? key : `${path}.${key}`;
    yield* unstorableText(key, inner);
    yield* unstorableText(value, inner);
  }
}

function fieldErrorsOf(issue: z.core.$ZodIssue): FieldError[] {
  const { code, message } = issue;
  const path = issue.path.join(".");
  return code === "unrecognized_keys"
    ? issue.keys.map((key) => ({ path: key, code, message: "Unknown key" }))
    : [{ path, code, message }];
}

function parseJson(text: string): unknown {
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch (cause) {
    throw new Refusal("invalid_request", {
      cause,
      detail: "Cannot read the body: it is not JSON",
    });
  }
}
