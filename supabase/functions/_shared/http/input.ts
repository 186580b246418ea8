/**
 * Reads what a caller sends. Every mistake is reported at once, by field.
 *
 * @module
 */
import type { z } from "zod";
import { fieldError, MAX_FIELD_ERRORS } from "../domain/field_error.ts";
import { isStorable } from "../domain/json/postgres_text.ts";
import {
  JsonDepthError,
  readJson as readExactJson,
} from "../domain/json/reader.ts";
import { isJsonObject, writeJson } from "../domain/json/value.ts";
import { type FieldError, Refusal } from "../domain/refusal.ts";

/** Returns the request's JSON body as the schema outputs it; an empty body is `{}`. Throws `invalid_request`. */
export async function readJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.infer<Schema>> {
  return readJsonText(await request.text(), schema);
}

/** The same, of a body that was read already. */
export function readJsonText<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
): z.infer<Schema> {
  return readInput(schema, parseJson(text));
}

/** Returns a member of a JSON text as text again, every number as it was written; `undefined`: there is none. */
export function memberText(text: string, name: string): string | undefined {
  try {
    const document = readExactJson(text);
    const member = isJsonObject(document) ? document.get(name) : undefined;
    return member === undefined ? undefined : writeJson(member);
  } catch (error) {
    if (!(error instanceof JsonDepthError)) throw error;
    // Too deep for an alert as well: whoever reads it says so.
    return JSON.stringify(JSON.parse(text)[name]);
  }
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
    ? issue.keys.map((key) => ({
      path: [...issue.path, key].join("."),
      code,
      message: "Unknown key",
    }))
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
