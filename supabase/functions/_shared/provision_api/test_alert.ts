/**
 * The contract of `provision` about test alerts and dry runs.
 *
 * @module
 */
import { z } from "zod";
import type { Step } from "../domain/judge.ts";

const MAX_BODY_BYTES = 65_536;
const MAX_URL_CHARACTERS = 2048;

/**
 * Body of `POST /strategies/{slug}/test`. The alert is a text as a sender posts it, or its JSON object. `url`: the
 * whole webhook URL that it is sent to, whose token a dry run explains.
 */
export const testSchema = z.strictObject({
  body: z.union(
    [z.string(), z.record(z.string(), z.unknown())],
    "Expected the alert's text, or a JSON object",
  ).refine(
    (body) => bytesOf(body) <= MAX_BODY_BYTES,
    "Too long: the webhook reads 64 KiB",
  ).optional(),
  url: z.string().max(MAX_URL_CHARACTERS).optional(),
  content_type: z.string().max(200).default("application/json"),
  dry_run: z.boolean().default(false),
  /** The routes that it is to reach: their ids, or `queue`. */
  deliver: z.array(z.string().min(1).max(100)).min(1).max(50).optional(),
}).refine(
  ({ deliver, dry_run }) => deliver === undefined || !dry_run,
  { path: ["deliver"], message: "A dry run reaches no route: leave one out" },
).refine(
  ({ url, dry_run }) => url === undefined || dry_run,
  { path: ["url"], message: "Is explained by a dry run only: send dry_run" },
);

function bytesOf(body: string | Record<string, unknown>): number {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new TextEncoder().encode(text).length;
}

/** What became of a test on a route; `waiting` in a queue: until a worker claims with `tests`. */
export const testDeliveriesSchema = z.array(z.looseObject({
  route: z.string(),
  outcome: z.string(),
  status_code: z.number().optional(),
  error: z.string().optional(),
  duration_ms: z.number().optional(),
}));
export type TestDeliveries = z.infer<typeof testDeliveriesSchema>;

/** The answer of `webhook` to a test alert. */
export const testAnswerSchema = z.looseObject({
  status: z.number(),
  answer: z.looseObject({
    status: z.unknown(),
    code: z.string().optional(),
    title: z.string().optional(),
    detail: z.string().optional(),
    routes: z.array(z.string()).optional(),
    signal_id: z.string().optional(),
  }),
  /** Each target's verdict, where the test named routes. */
  deliveries: testDeliveriesSchema.optional(),
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

/** A dry run as it is read: steps may gain details. */
export const dryRunSchema = z.looseObject({
  steps: z.array(z.looseObject({
    step: z.string(),
    ok: z.boolean(),
    /** Of the answer, where the step refuses; the strategy's at the step routes. */
    status: z.union([z.number(), z.string()]).optional(),
    code: z.string().optional(),
    detail: z.string().optional(),
    errors: z.array(z.looseObject({ path: z.string(), message: z.string() }))
      .optional(),
  })),
});
export type DryRun = z.infer<typeof dryRunSchema>;
