/**
 * The contract of `provision` about strategies: how they are shown, their kit, and rotations. Answers may gain
 * fields: their schemas keep unknown ones.
 *
 * @module
 */
import { z } from "zod";

/** The name of a strategy, or an alias. */
export const nameSchema = z.string().trim().min(1).max(100)
  // deno-lint-ignore no-control-regex -- names are shown in messages of one line
  .regex(/^[^\u0000-\u001f\u007f]*$/, "Expected no control characters");

export const statusSchema = z.enum([
  "active",
  "paused",
  "exits_only",
  "archived",
]);
export const routingSchema = z.enum(["universal", "dedicated", "both"]);
export const authMethodSchema = z.enum(["token", "hmac", "jwt"]);

const monitoringSchema = z.record(z.string(), z.unknown());
/** A route of a strategy as it is shown: of a URL only the host, but in the kit. */
export const strategyRouteSchema = z.looseObject({
  id: z.string(),
  kind: z.string(),
  target: z.string(),
  enabled: z.boolean(),
  /** Since when it is off. */
  disabled_at: z.string().optional(),
  /** The router turned it off: its target answered 410. */
  is_gone: z.boolean().optional(),
});
export type StrategyRoute = z.infer<typeof strategyRouteSchema>;
const columnsSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  status: statusSchema,
  routing: routingSchema,
  auth_methods: z.array(authMethodSchema),
  /** The endpoints that are open to it in the present phase. */
  endpoints: z.array(z.enum(["dedicated", "universal"])),
});

/** A strategy as it is shown, without any secret. */
export const strategySchema = columnsSchema.extend({
  /** From when on something is an incident. */
  monitoring: monitoringSchema,
  routes: z.array(strategyRouteSchema),
  created_at: z.string(),
});
export type Strategy = z.infer<typeof strategySchema>;

export const strategyAnswerSchema = z.looseObject({ strategy: strategySchema });
export const strategiesAnswerSchema = z.looseObject({
  strategies: z.array(strategySchema),
});

/** The kit: everything that an operator pastes somewhere to connect a strategy. */
export const kitSchema = z.looseObject({
  strategy: columnsSchema,
  urls: z.looseObject({ dedicated: z.string(), universal: z.string() }),
  secret: z.string(),
  token: z.string(),
  universal: z.looseObject({ token: z.string() }),
  /** `secret` signs a route's deliveries; queues have none. */
  routes: z.array(
    strategyRouteSchema.extend({ secret: z.string().optional() }),
  ),
  monitoring: monitoringSchema,
  /** `message` is for an alert on a strategy. */
  tradingview: z.looseObject({
    webhook_url: z.string(),
    message: z.string(),
    indicator_message: z.string(),
  }),
  examples: z.looseObject({
    curl: z.string(),
    curl_windows: z.string(),
    standard_webhooks: z.string(),
  }),
  /** Sentences: what is to be done before signals arrive. */
  warnings: z.array(z.string()).optional(),
});
export type Kit = z.infer<typeof kitSchema>;

/** Query of each call that answers a kit. */
export const kitQuerySchema = z.object({
  format: z.enum(["json", "text"]).optional()
    .describe("text: ready to paste, as with the header Accept: text/plain"),
});

/** Body of `POST …/rotate`. */
export const rotationSchema = z.strictObject({
  overlap_seconds: z.number().int().min(0).max(30 * 24 * 3600).default(86400),
});
