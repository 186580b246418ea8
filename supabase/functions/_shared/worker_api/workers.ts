/**
 * The contract of `provision` about workers and their keys.
 *
 * @module
 */
import { z } from "zod";
import { isCidr } from "../http/client_ip.ts";
import { nameSchema } from "../provision_api/strategy.ts";

/** Body of `POST /workers`. A queue is named by itself, or by its strategy's name, slug or alias. */
export const workerSettingsSchema = z.strictObject({
  name: nameSchema,
  queues: z.array(z.string().min(1).max(100)).min(1).max(100),
  can: z.array(z.enum(["claim", "settle"])).min(1).max(2)
    .default(["claim", "settle"]),
  allowed_ips: z.array(
    z.string().refine(isCidr, "Expected an address or a CIDR block"),
  ).max(100).default([]),
  expires_at: z.iso.datetime({ offset: true }).optional(),
});

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
