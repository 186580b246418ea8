/**
 * The contract of `provision` about traces: the whole life of one alert. Rows are shown as the database has them,
 * so their schemas keep columns that they do not name.
 *
 * @module
 */
import { z } from "zod";
import { type ProvisionClient, ProvisionError } from "./client.ts";

const ANY_UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Parameters of `GET /trace/{correlation_id}`. */
export const traceQuerySchema = z.strictObject({
  correlation_id: z.string().regex(
    ANY_UUID,
    "Expected a correlation id such as 64dc9b5f-235d-43ca-8000-a0611048edda",
  ),
});

const text = z.string().nullish();
const decimal = z.union([z.string(), z.number()]).nullish();

const requestSchema = z.looseObject({
  correlation_id: z.string(),
  received_at: z.string(),
  strategy: text,
  endpoint: z.string(),
  outcome: z.string(),
  code: text,
  problem: z.looseObject({ detail: text }).nullish(),
  auth_method: text,
  remote_ip: text,
  repaired: z.boolean().nullish(),
  duration_ms: z.number(),
  /** Size of the body as it is kept; `null`: it is not kept, or not any more. */
  bytes: z.number().nullish(),
  /** The beginning of the body, its credentials masked. */
  excerpt: text,
});
export type TracedRequest = z.infer<typeof requestSchema>;

const signalSchema = z.looseObject({
  id: z.string(),
  correlation_id: z.string(),
  strategy: z.string(),
  status: z.string(),
  action: z.string(),
  direction: text,
  intent: text,
  reduced_from: text,
  cancelled_by: text,
  exchange: text,
  symbol: text,
  quantity: decimal,
  price: decimal,
  received_at: z.string(),
  expires_at: z.string(),
  is_test: z.boolean(),
  routes: z.array(z.string()),
});
export type TracedSignal = z.infer<typeof signalSchema>;

const outcomeSchema = z.looseObject({
  outcome: z.string(),
  reads: z.number(),
  worker: text,
  error: text,
  settled_at: z.string(),
  cancelled_by: text,
});

const waitingSchema = z.looseObject({
  reads: z.number(),
  worker: text,
  error: text,
  is_leased: z.boolean(),
  visible_at: z.string(),
});

const attemptSchema = z.looseObject({
  attempt: z.number(),
  started_at: z.string(),
  status_code: z.number().nullish(),
  error: text,
  duration_ms: z.number(),
});

const dispatchSchema = z.looseObject({
  status: z.string(),
  attempts: z.array(attemptSchema),
  created_at: z.string(),
  next_attempt_at: z.string(),
  delivered_at: text,
  replay_id: text,
  cancelled_by: text,
  /** Why it ended early: its target refused it, or its route is gone or deleted. */
  reason: text,
});

/** A route that the signal was sent on: a queue with the messages that left it or wait, others with dispatches. */
const routeSchema = z.looseObject({
  route: z.string(),
  kind: z.string(),
  outcomes: z.array(outcomeSchema).default([]),
  waiting: z.array(waitingSchema).default([]),
  dispatches: z.array(dispatchSchema).default([]),
});
export type TracedRoute = z.infer<typeof routeSchema>;

/** Failures are counted by the minute; the trace is of the one that was kept as their sample. */
const authFailureSchema = z.looseObject({
  received_at: z.string(),
  reason: z.string(),
  endpoint: z.string(),
  strategy: text,
  asked_for: text,
  remote_ip: text,
  user_agent: text,
  count: z.number(),
});
export type TracedAuthFailure = z.infer<typeof authFailureSchema>;

/** The answer to `GET /trace/{correlation_id}`. */
export const traceSchema = z.looseObject({
  correlation_id: z.string(),
  requests: z.array(requestSchema),
  signal: signalSchema.nullable(),
  routes: z.array(routeSchema),
  auth_failure: authFailureSchema.nullable(),
});
export type AlertTrace = z.infer<typeof traceSchema>;

/** Returns the life of an alert by its correlation id, or by the id of its signal. */
export async function readTrace(
  provision: ProvisionClient,
  id: string,
): Promise<AlertTrace> {
  const { success } = traceQuerySchema.safeParse({ correlation_id: id });
  if (!success) {
    throw new ProvisionError(
      "This is no correlation id: it stands in the answer to an alert, as correlation_id and x-correlation-id",
    );
  }
  return (await provision.call(traceSchema, `/trace/${id}`)).body;
}
