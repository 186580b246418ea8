/**
 * The contract of `provision` about test alerts and dry runs.
 *
 * @module
 */
import { z } from "zod";
import type { Step } from "../domain/judge.ts";

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
export interface ExplainedStep {
  step: "credential" | Step | "limit" | "routes" | "lint";
  ok: boolean;
  [detail: string]: unknown;
}

/** The answer to a dry run. */
export interface DryRunAnswer {
  steps: ExplainedStep[];
}
