/**
 * What an operator may set of a strategy. The database checks again; here the answer is a sentence.
 *
 * @module
 */
import { z } from "zod";
import { fieldError, MAX_FIELD_ERRORS } from "../_shared/domain/field_error.ts";
import { isStorable } from "../_shared/domain/json/postgres_text.ts";
import { type FieldError, Refusal } from "../_shared/domain/refusal.ts";
import { compilePayloadSchema } from "../_shared/domain/signal/payload_schema.ts";
import { isCidr } from "../_shared/http/client_ip.ts";
import { routeSchema } from "./routes.ts";

/** Where TradingView sends from: tradingview.com/support/solutions/43000529348. */
const TRADINGVIEW_IPS = [
  "52.89.214.238/32",
  "34.212.75.30/32",
  "54.218.53.128/32",
  "52.32.178.7/32",
];

const endpoint = z.enum(["universal", "dedicated", "both"]);
const name = z.string().trim().min(1).max(100)
  // deno-lint-ignore no-control-regex -- what may not stand in a name
  .regex(/^[^\u0000-\u001f\u007f]*$/, "Expected no control characters");
/** Query of `GET /signals`. */
export const listSchema = z.strictObject({
  strategy: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(20),
});
/** Seconds, or Postgres's interval text such as `5 minutes`. */
const interval = z.union([
  z.number().positive().max(366 * 24 * 3600),
  z.string().regex(
    /^\d+(\.\d+)?( (second|minute|hour|day)s?)?$|^\d{1,4}:\d\d:\d\d(\.\d+)?$/,
    'Expected seconds, or a text such as "5 minutes" or "00:05:00"',
  ),
]).transform(String);
const keySet = z.object({
  keys: z.array(
    z.looseObject({ kty: z.enum(["RSA", "EC", "OKP"]) }).refine(
      (key) => !("d" in key),
      "Expected public keys only",
    ),
  ).min(1).max(20),
});
const payloadSchema = z.record(z.string(), z.json()).superRefine(
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
  status: z.enum(["active", "paused", "archived"]),
  routing: endpoint,
  auth_methods: z.array(z.enum(["token", "hmac", "jwt"])),
  aliases: z.array(name),
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
  max_alert_lag: interval.nullable(),
  expected_every: interval.nullable(),
  jwks: keySet.nullable(),
  thresholds: z.strictObject({
    auth_failures: z.number().int().positive().optional(),
    alert_storm: z.number().int().positive().optional(),
  }).nullable(),
  payload_schema: payloadSchema.nullable(),
};
const routes = z.array(routeSchema).max(50).default([]);

/** Body of a registration. */
export const registrationSchema = z.strictObject({
  name,
  ...z.strictObject(columns).partial().shape,
  routes,
});

/** Body of a change; routes are added, or changed where the target is known. */
export const patchSchema = z.strictObject({ name, ...columns }).partial()
  .extend({ routes });

/** Body of a rotation. */
export const rotationSchema = z.strictObject({
  overlap_seconds: z.number().int().min(0).max(30 * 24 * 3600).default(86400),
});

/** Body of a change of phase. */
export const phaseSchema = z.strictObject({
  phase: z.enum(["universal", "hybrid", "automated"]),
  force: z.boolean().default(false),
});

/** Body of a replay; times are ISO 8601. */
export const replaySchema = z.strictObject({
  signal_ids: z.array(z.uuid()).min(1).max(10_000).optional(),
  strategy: name.optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  status: z.enum(["accepted", "held", "suppressed", "expired", "dead"])
    .optional(),
}).refine(
  ({ signal_ids, strategy, from, status }) =>
    signal_ids ?? strategy ?? from ?? status,
  "Say which signals: signal_ids, strategy, from or status",
);

/** The request's JSON body as the schema has it; throws `invalid_request` naming every wrong field. An empty body is `{}`. */
export async function readJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.infer<Schema>> {
  return readAs(schema, parse(await request.text()));
}

/** Returns the values of a schema; throws `invalid_request` naming each wrong field. */
export function readAs<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
): z.infer<Schema> {
  const unstorable = [...unstorableText(given).take(MAX_FIELD_ERRORS)];
  if (unstorable.length) {
    throw new Refusal("invalid_request", { errors: unstorable });
  }
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  throw new Refusal("invalid_request", {
    errors: read.error.issues.flatMap(explain),
  });
}

/** Yields the places of text that neither Postgres nor PostgREST takes: refused there, it would look like an outage. */
function* unstorableText(given: unknown, path = ""): Generator<FieldError> {
  if (typeof given === "string" && !isStorable(given)) {
    yield fieldError(path, "unstorable_text");
  }
  if (typeof given !== "object" || given === null) return;
  for (const [key, value] of Object.entries(given)) {
    const inside = path === "" ? key : `${path}.${key}`;
    yield* unstorableText(key, inside);
    yield* unstorableText(value, inside);
  }
}

function explain(issue: z.core.$ZodIssue): FieldError[] {
  const { code, message } = issue;
  const path = issue.path.join(".");
  return code === "unrecognized_keys"
    ? issue.keys.map((key) => ({ path: key, code, message: "Unknown key" }))
    : [{ path, code, message }];
}

function parse(text: string): unknown {
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch (cause) {
    throw new Refusal("invalid_request", {
      cause,
      detail: "Cannot read the body: it is not JSON",
    });
  }
}

/** Of what a rotation came to: throws if two secrets are live already. */
export function refuseThird(outcome: string): void {
  if (outcome === "rotation_in_progress") {
    throw new Refusal("rotation_in_progress");
  }
}
