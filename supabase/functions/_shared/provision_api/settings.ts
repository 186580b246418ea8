/**
 * The contract of `provision` about what operators may set of a strategy. The database checks everything again;
 * here a mistake is reported in a sentence that names the field.
 *
 * @module
 */
import { z } from "zod";
import { keyProblem } from "../domain/credential/jwk.ts";
import { compilePayloadSchema } from "../domain/payload_schema/payload_schema.ts";
import { ACTIONS, INTENTS } from "../domain/vocabulary.ts";
import { isCidr } from "../http/client_ip.ts";
import {
  authMethodSchema,
  nameSchema,
  routingSchema,
  statusSchema,
} from "./strategy.ts";

/** Addresses that TradingView sends from: tradingview.com/support/solutions/43000529348. */
const TRADINGVIEW_IPS = [
  "52.89.214.238/32",
  "34.212.75.30/32",
  "54.218.53.128/32",
  "52.32.178.7/32",
];

const filters = {
  actions: z.array(z.enum(ACTIONS)).optional(),
  intents: z.array(z.enum(INTENTS)).optional(),
  symbols: z.array(z.string().min(1).max(320)).optional(),
  min_confidence: z.number().min(0).max(1).optional(),
};
const anyRoute = { enabled: z.boolean().optional(), ...filters };
const queueRoute = z.strictObject({
  kind: z.literal("queue"),
  target: z.string()
    .regex(/^[a-z0-9_]{1,47}$/, "Expected 1 to 47 of a-z 0-9 _"),
  ...anyRoute,
});
const functionRoute = z.strictObject({
  kind: z.literal("function"),
  target: z.string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "Expected the name of a function"),
  send_secret_key: z.boolean().optional(),
  ...anyRoute,
});
const httpRoute = z.strictObject({
  kind: z.literal("http"),
  target: z.url().max(2048)
    .regex(
      /^https?:\/\/[^/@\s]+(\/\S*)?$/,
      "Expected a URL such as https://example.com/hook",
    )
    .regex(/[^…]$/, "Expected the whole URL: this is how it is shown"),
  ...anyRoute,
});

/** Body of `POST /strategies/{slug}/routes`, and each of a registration's routes. */
export const routeSchema = z.discriminatedUnion("kind", [
  queueRoute,
  functionRoute,
  httpRoute,
]);
export type RouteSettings = z.infer<typeof routeSchema>;

const removableFilters = {
  actions: filters.actions.nullable(),
  intents: filters.intents.nullable(),
  symbols: filters.symbols.nullable(),
  min_confidence: filters.min_confidence.nullable(),
};
/** Body of `PATCH /strategies/{slug}/routes/{id}`, by the route's kind; `null` removes a filter. */
export const routeChangeSchemas = {
  queue: queueRoute.omit({ kind: true }).partial().extend(removableFilters),
  function: functionRoute.omit({ kind: true }).partial()
    .extend(removableFilters),
  http: httpRoute.omit({ kind: true }).partial().extend(removableFilters),
};

/** Seconds, or Postgres's interval text such as `5 minutes`. */
const interval = z.union([
  z.number().positive().max(366 * 24 * 3600),
  z.string().regex(
    /^\d+(\.\d+)?( (second|minute|hour|day)s?)?$|^\d{1,4}:\d\d:\d\d(\.\d+)?$/,
    'Expected seconds, or a text such as "5 minutes" or "00:05:00"',
  ),
]).transform(String).describe(
  "seconds (at most 366 days), or a text such as `5 minutes` or `00:05:00`",
);
const time = z.string().regex(
  /^([01]\d|2[0-3]):[0-5]\d$/,
  "Expected a time such as 09:30",
);
/** The market's hours; a session that ends at or before the time at which it begins ends on the next day. */
const calendar = z.strictObject({
  weekdays: z.array(
    z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
  ).min(1),
  from: time.optional(),
  to: time.or(z.literal("24:00")).optional(),
  time_zone: z.string().refine(
    isTimeZone,
    "Expected an IANA name such as America/New_York",
  ),
}).refine(
  ({ from, to }) => (from === undefined) === (to === undefined),
  "Write both from and to, or neither for whole days",
);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z]+(\/[A-Za-z0-9_+-]+)*$/.test(name);
  } catch {
    return false;
  }
}

const keySet = z.object({
  keys: z.array(
    z.looseObject({}).superRefine((key, context) => {
      const problem = keyProblem(key);
      if (problem) {
        context.addIssue(`Expected a public key that can be used: ${problem}`);
      }
    }),
  ).min(1).max(20),
});
const payloadSchema = z.record(z.string(), z.unknown()).superRefine(
  (schema, context) => {
    try {
      compilePayloadSchema(schema);
    } catch (error) {
      context.addIssue(`Expected a usable JSON Schema: ${error}`);
    }
  },
);

const columns = {
  slug: z.string().max(40).regex(
    /^[a-z0-9]+(-[a-z0-9]+)*$/,
    "Expected lower-case words joined by hyphens",
  ),
  status: statusSchema,
  routing: routingSchema,
  auth_methods: z.array(authMethodSchema),
  aliases: z.array(nameSchema),
  allowed_ips: z.union([
    z.literal("tradingview").transform(() => TRADINGVIEW_IPS),
    z.array(z.string().refine(isCidr, "Expected an address or a CIDR block")),
  ]),
  rate_limit_per_minute: z.number().int().positive().nullable(),
  over_limit: z.enum(["hold", "reject"]),
  shared_routes: z.boolean(),
  dedupe_by: z.enum(["body", "external_id"]),
  dedupe_window: interval,
  max_signal_age: interval,
  max_exit_age: interval,
  sides: z.enum(["both", "long_only", "short_only"]),
  max_alert_lag: interval.nullable(),
  expected_every: interval.nullable(),
  expected_calendar: calendar.nullable(),
  jwks: keySet.nullable(),
  thresholds: z.strictObject({
    auth_failures: z.number().int().positive().optional(),
    alert_storm: z.number().int().positive().optional(),
  }).nullable(),
  payload_schema: payloadSchema.nullable(),
};
const routes = z.array(routeSchema).max(50).default([]).superRefine(
  (routes, context) => {
    const known = new Set<string>();
    for (const [index, { kind, target }] of routes.entries()) {
      const key = `${kind}:${target}`;
      if (known.has(key)) {
        context.addIssue({
          code: "custom",
          path: [index, "target"],
          message: "Another of these routes has this target",
        });
      }
      known.add(key);
    }
  },
);

/** Body of `POST /strategies`. */
export const registrationSchema = z.strictObject({
  name: nameSchema,
  ...z.strictObject(columns).partial().shape,
  routes,
  /** Whether it gets a queue of its own; by default, if it names no routes. */
  queue: z.boolean().optional(),
});

/** Body of `PATCH /strategies/{slug}`; a route is added, or changed if the strategy has one to its target. */
export const patchSchema = z.strictObject({ name: nameSchema, ...columns })
  .partial().extend({ routes });
