/**
 * The contract of `provision` about refusals: problem details (RFC 9457).
 *
 * @module
 */
import { z } from "zod";

export const problemSchema = z.looseObject({
  code: z.string(),
  title: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.looseObject({ path: z.string(), message: z.string() }))
    .default([]),
});
export type Problem = z.infer<typeof problemSchema>;

/** Returns in one sentence what was refused, and why. */
export function sentenceOf({ title, detail, errors }: Problem): string {
  const fields = errors.map(({ path, message }) =>
    path ? `${path}: ${message}` : message
  );
  return detail ?? (fields.join("; ") || title);
}
