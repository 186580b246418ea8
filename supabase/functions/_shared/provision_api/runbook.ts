/**
 * The contract of `provision` about the runbook as JSON; `GET /runbook/schema` publishes it.
 *
 * @module
 */
import { z } from "zod";

const secret = z.object({
  mask: z.string(),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  last_used_at: z.string().nullable(),
  /** Vault cannot read it. */
  unreadable: z.boolean().optional(),
});
const strategy = z.object({
  name: z.string(),
  slug: z.string(),
  status: z.string(),
  routing: z.string(),
  auth_methods: z.array(z.string()),
  rate_limit_per_minute: z.number().nullable(),
  over_limit: z.string(),
  max_signal_age: z.string(),
  expected_every: z.string().nullable(),
  expected_calendar: z.object({
    weekdays: z.array(z.string()),
    from: z.string().optional(),
    to: z.string().optional(),
    time_zone: z.string(),
  }).nullable(),
  thresholds: z.record(z.string(), z.number()).nullable(),
  routes: z.array(
    z.object({
      kind: z.string(),
      target: z.string(),
      enabled: z.boolean(),
      /** Since when it is off. */
      disabled_at: z.string().optional(),
      /** The router turned it off: its target answered 410. */
      is_gone: z.boolean().optional(),
    }),
  ),
  secrets: z.array(secret),
});

/** The runbook as JSON. */
export const runbookSchema = z.object({
  generated_at: z.string(),
  phase: z.enum(["universal", "hybrid", "automated"]),
  functions_url: z.string().nullable(),
  limits: z.object({
    universal_rate_limit_per_minute: z.number().nullable(),
    raw_body_retention: z.string(),
    audit_retention: z.string(),
  }),
  monitoring: z.object({
    auth_failures: z.number(),
    alert_storm: z.number(),
    backlog: z.string(),
    quiet: z.string(),
  }),
  universal_secrets: z.array(secret),
  strategies: z.array(strategy),
  incidents: z.array(z.object({
    id: z.number(),
    kind: z.string(),
    strategy: z.string().nullable(),
    subject: z.string(),
    status: z.string(),
    opened_at: z.string(),
    count: z.number(),
  })),
  backlog: z.object({
    dispatches: z.number(),
    oldest_due_seconds: z.number(),
    held: z.number(),
    incidents: z.number(),
  }),
});

export type Runbook = z.infer<typeof runbookSchema>;
