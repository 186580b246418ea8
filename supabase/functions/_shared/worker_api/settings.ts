/**
 * The settings of a worker: apart from the answers, whose readers need no reader of addresses.
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
