/** What a test alert or a dry run is answered, field by field. */
import { z } from "zod";
import {
  dryRunSchema,
  testAnswerSchema,
  testDeliveriesSchema,
} from "../../../_shared/provision_api/test_alert.ts";
import {
  accepted,
  duplicate,
  fieldErrors,
  object,
  problem,
  strategy,
  time,
} from "./strategies.ts";

export const testAnswer = testAnswerSchema.extend({
  answer: z.union([accepted, duplicate, problem]),
  deliveries: testDeliveriesSchema.optional(),
});

const texts = z.array(z.string());

export const dryRunAnswer = dryRunSchema.extend({
  steps: z.array(dryRunSchema.shape.steps.element.extend({
    errors: fieldErrors.optional(),
    token: z.string().optional().describe("Whose token a pasted URL has"),
    token_of: z.string().optional(),
    ends_at: time.optional(),
    endpoint_open: z.boolean().optional(),
    auth_methods: strategy.shape.auth_methods.optional(),
    allowed_ips: texts.optional(),
    strategy_status: strategy.shape.status.optional(),
    form: z.string().optional(),
    repaired: z.boolean().optional(),
    endpoint: z.enum(["universal", "dedicated"]).optional(),
    signal: object.optional(),
    key: object.optional(),
    outcome: z.enum(["accepted", "held", "suppressed", "limited"]).optional(),
    limit: z.int().nullable().optional(),
    left: z.int().nullable().optional(),
    held: z.int().optional(),
    routes: texts.optional(),
    reduced_to: z.string().optional(),
    is_test: z.boolean().optional(),
    warnings: texts.optional().describe("What wants a change"),
    notes: texts.optional(),
  })),
});
