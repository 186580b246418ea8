/**
 * Everything that `provision` and `webhook` answer about strategies, field by field. Clients read less: they take the schemas that these
 * extend, so that they understand an answer that has gained fields.
 *
 * @module
 */
import { z } from "zod";
import { REFUSALS } from "../../../_shared/domain/refusal.ts";
import { ACTIONS, INTENTS } from "../../../_shared/domain/vocabulary.ts";
import {
  kitSchema,
  strategySchema,
} from "../../../_shared/provision_api/strategy.ts";

export const time = z.string().meta({ format: "date-time" });
export const uuid = z.string().meta({ format: "uuid" });
/** A time span in Postgres's text form, such as `00:05:00` or `30 days`. */
export const span = z.string().describe("Such as 00:05:00 or 30 days");
export const object = z.record(z.string(), z.unknown());
export const uuidOrNull = uuid.nullable();
export const text = z.string().nullable();

const codes = Object.keys(REFUSALS) as (keyof typeof REFUSALS)[];

export const fieldErrors = z.array(z.object({
  path: z.string(),
  code: z.string(),
  message: z.string(),
}));

export const problem = z.object({
  title: z.string(),
  status: z.int(),
  code: z.enum(codes).describe("Stable: match on it"),
  detail: z.string().optional().describe("For people"),
  errors: fieldErrors.optional(),
  correlation_id: uuid,
  outcome: z.enum([
    "completed",
    "rejected",
    "cancelled",
    "expired",
    "dead",
    "leased",
    "waiting",
    "unknown",
  ]).optional().describe("What became of a signal that is not held"),
  settled_by_this_receipt: z.boolean().optional()
    .describe("The call was carried out before: only its answer was lost"),
}).describe("Problem details (RFC 9457)");

export const liveSecret = z.object({
  mask: z.string(),
  created_at: time,
  expires_at: time.nullable(),
  last_used_at: time.nullable(),
  unreadable: z.literal(true).optional()
    .describe("Vault cannot read it"),
});

export const route = z.object({
  id: uuid,
  kind: z.enum(["queue", "function", "http"]),
  target: z.string(),
  enabled: z.boolean(),
  disabled_at: time.optional().describe("Since when it is off"),
  is_gone: z.literal(true).optional()
    .describe("The router turned it off: its target answered 410"),
  actions: z.array(z.enum(ACTIONS)).optional(),
  intents: z.array(z.enum(INTENTS)).optional(),
  symbols: z.array(z.string()).optional(),
  min_confidence: z.number().optional(),
  send_secret_key: z.literal(true).optional(),
  unreadable_secret: z.literal(true).optional(),
});

const monitoring = z.object({
  auth_failures: z.int(),
  alert_storm: z.int(),
  backlog: span,
  expected_every: span.nullable(),
}).describe("From when on something is an incident");

const columns = {
  webhook_secret: z.string().describe("A mask"),
  aliases: z.array(z.string()),
  allowed_ips: z.array(z.string()),
  rate_limit_per_minute: z.int().nullable(),
  over_limit: z.enum(["hold", "reject"]),
  shared_routes: z.boolean(),
  dedupe_by: z.enum(["body", "external_id"]),
  dedupe_window: span,
  max_signal_age: span,
  max_exit_age: span,
  sides: z.enum(["both", "long_only", "short_only"]),
  max_alert_lag: span.nullable(),
  expected_every: span.nullable(),
  expected_calendar: object.nullable(),
  jwks: object.nullable(),
  payload_schema: object.nullable(),
  thresholds: object.nullable(),
  version: z.int(),
  created_at: time,
  updated_at: time,
  secrets: z.array(liveSecret),
};

export const strategy = strategySchema.extend({
  ...columns,
  monitoring,
  routes: z.array(route),
});

const warnings = z.array(z.string()).optional()
  .describe("What to do before signals arrive");

export const kit = kitSchema.extend({
  strategy: kitSchema.shape.strategy.extend(columns),
  routes: z.array(
    route.extend({
      secret: z.string().optional().describe("Signs its deliveries"),
    }),
  ),
  monitoring,
  tradingview: kitSchema.shape.tradingview.extend({
    message: z.string().describe("For an alert on a strategy"),
    indicator_message: z.string().describe("For an alert on an indicator"),
  }),
  examples: kitSchema.shape.examples.extend({
    curl_windows: z.string().describe("For cmd and PowerShell"),
  }),
  warnings,
}).describe("All that is pasted somewhere to connect the strategy");

export const strategyAnswer = z.object({ strategy });
export const strategyPatchAnswer = z.object({ strategy, warnings });
export const strategiesAnswer = z.object({ strategies: z.array(strategy) });
export const routeAnswer = z.object({ route, warnings });
export const routeDeletedAnswer = z.object({
  deleted: z.literal(true),
  cancelled: z.int().describe("How many dispatches waited for it"),
});
export const revokedAnswer = z.object({ revoked: z.boolean() });

export const universal = z.object({
  url: z.string(),
  secrets: z.array(liveSecret),
  secret: z.string().optional().describe("With reveal, or after a rotation"),
  token: z.string().optional(),
});

export const duplicate = z.object({
  status: z.literal("duplicate"),
  correlation_id: uuid.describe("Of this request; opens its trace"),
  strategy: z.string(),
  signal_id: uuid.nullable().describe("The signal that it repeats"),
});

export const accepted = duplicate.extend({
  status: z.enum(["accepted", "held", "suppressed"]),
  signal_id: uuid,
  routes: z.array(z.string()).describe("kind:target of each route"),
});
