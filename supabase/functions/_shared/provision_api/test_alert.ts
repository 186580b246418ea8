/**
 * The contract of `provision` about test alerts and dry runs.
 *
 * @module
 */
import { z } from "zod";

/** Body of `POST /strategies/{slug}/test`. */
export const testSchema = z.strictObject({
  body: z.string().max(65_536).optional(),
  content_type: z.string().max(200).default("application/json"),
  dry_run: z.boolean().default(false),
});

/** The answer of `webhook` to a test alert. */
export const testAnswerSchema = z.looseObject({
  status: z.number(),
  answer: z.looseObject({
    status: z.unknown(),
    code: z.string().optional(),
    title: z.string().optional(),
    detail: z.string().optional(),
    routes: z.array(z.string()).optional(),
  }),
});
export type TestAnswer = z.infer<typeof testAnswerSchema>;

/** One step of a dry run, and whether it lets the alert pass. */
export const explainedStepSchema = z.looseObject({
  step: z.enum([
    "credential",
    "transport",
    "parse",
    "endpoint",
    "signal",
    "age",
    "dedupe",
    "limit",
    "routes",
    "lint",
  ]),
  ok: z.boolean(),
});
export type ExplainedStep = z.infer<typeof explainedStepSchema>;

export const dryRunAnswerSchema = z.looseObject({
  steps: z.array(explainedStepSchema),
});
