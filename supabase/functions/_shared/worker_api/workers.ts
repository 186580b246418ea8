/**
 * The answers of `provision` about workers and their keys.
 *
 * @module
 */
import { z } from "zod";

const workerSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  queues: z.array(z.string()),
  can: z.array(z.string()),
  live_keys: z.number(),
  last_seen_at: z.string().nullable(),
  version: z.string().nullable(),
});
export type Worker = z.infer<typeof workerSchema>;

export const workersAnswerSchema = z.looseObject({
  workers: z.array(workerSchema),
});

/** The only answer that shows a key. */
export const workerKeyAnswerSchema = z.looseObject({
  worker: workerSchema,
  key: z.string(),
});

export const workerRevokedSchema = z.looseObject({ revoked: z.boolean() });
