/**
 * The contract of `worker`: what workers send, and what they get.
 *
 * @module
 */
import { z } from "zod";

const MAX_TEXT_CHARACTERS = 500;
const MAX_RESULT_BYTES = 4096;

const queue = z.string().min(1).max(47);
const text = z.string().max(MAX_TEXT_CHARACTERS);
/** Integers that JSON carries exactly. */
const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const leaseSeconds = z.int().min(5).max(600).default(30);

/** A signal that a worker holds: what it names to give it back. */
const held = { queue, message_id: count, receipt: count };
export type Held = z.infer<z.ZodObject<typeof held>>;

export const claimSchema = z.strictObject({
  queue: queue.optional(),
  quantity: z.int().min(1).max(100).default(1),
  lease_seconds: leaseSeconds,
  wait_seconds: z.int().min(0).max(25).default(0),
  claim_id: z.string().min(1).max(100).optional(),
  tests: z.boolean().default(false),
});
export type Claim = z.infer<typeof claimSchema>;

export const extendSchema = z.strictObject({
  ...held,
  lease_seconds: leaseSeconds,
});

export const completeSchema = z.strictObject({
  ...held,
  result: z.record(z.string(), z.unknown()).refine(
    (result) =>
      new TextEncoder().encode(JSON.stringify(result)).length <=
        MAX_RESULT_BYTES,
    "Too long: a result has at most 4 KiB",
  ).optional(),
});

export const failSchema = z.strictObject({
  ...held,
  error: text,
  retry_in_seconds: z.int().min(0).max(3600).default(30),
});

export const rejectSchema = z.strictObject({ ...held, reason: text });

export const heartbeatSchema = z.strictObject({
  version: z.string().max(100).optional(),
});

export const claimedSchema = z.object({
  queue: z.string(),
  message_id: z.number(),
  receipt: z.number(),
  leased_until: z.string(),
  /** Times that it was handed out, this one included. */
  reads: z.number(),
  message: z.record(z.string(), z.unknown()),
});
export const claimAnswerSchema = z.object({ signals: z.array(claimedSchema) });
export type ClaimAnswer = z.infer<typeof claimAnswerSchema>;

export const extendAnswerSchema = z.object({
  leased_until: z.string(),
  /** An exit of the same strategy and symbol came after it. */
  exit_waiting: z.boolean(),
});

/** `retrying` and `dead` answer a failure: it is handed out again, or was handed out too often. */
export const settleAnswerSchema = z.object({
  outcome: z.enum(["completed", "rejected", "retrying", "dead"]),
});

export const heartbeatAnswerSchema = z.object({ worker: z.string() });
