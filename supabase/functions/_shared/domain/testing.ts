/**
 * Helpers of the domain's tests. Imported by tests only.
 *
 * @module
 */

import { type Bytes, utf8 } from "./bytes.ts";
import { Refusal } from "./refusal.ts";

export function encode(text: string): Bytes {
  return utf8(text);
}

/** Returns the refusal that `run` throws; every other exception is a bug and passes through. */
export function refusalOf(run: () => unknown): Refusal {
  try {
    run();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("Not refused");
}

/** Returns the refusal's field errors, as `path: code`. */
export function fieldErrorsOf(run: () => unknown): string[] {
  return refusalOf(run).errors.map(({ path, code }) => `${path}: ${code}`);
}

/** Every text that begins like `text` and ends too early. */
export function prefixesOf(text: string): string[] {
  const trimmed = text.trimEnd();
  return Array.from(
    { length: trimmed.length },
    (_, end) => trimmed.slice(0, end),
  );
}
