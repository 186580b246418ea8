/** The life of an alert, field by field. */
import { z } from "zod";
import { object, text, time, uuid, uuidOrNull } from "./strategies.ts";
import { canonical } from "./operations.ts";

const int = z.int();

const tracedRoute = z.object({
  route: z.string(),
  kind: z.enum(["queue", "function", "http"]),
  target: z.string(),
  outcomes: z.array(z.object({
    message_id: int,
    outcome: z.string(),
    reads: int,
    worker: text,
    error: text,
    settled_at: time,
    replayed_at: time.nullable(),
    cancelled_by: uuidOrNull,
    result: object.nullable(),
  })).optional().describe("Messages that left the queue"),
  waiting: z.array(z.object({
    message_id: int,
    reads: int,
    worker: text,
    error: text,
    is_leased: z.boolean(),
    visible_at: time,
    expires_at: time,
  })).optional().describe("Messages in the queue"),
  dispatches: z.array(z.object({
    id: uuid,
    route_id: uuidOrNull,
    status: z.enum(["pending", "delivered", "dead", "expired", "cancelled"]),
    attempts: z.array(z.object({
      attempt: int,
      started_at: time,
      status_code: int.nullable(),
      error: text,
      duration_ms: z.number(),
    })),
    next_attempt_at: time,
    leased_until: time.nullable(),
    expires_at: time,
    created_at: time,
    delivered_at: time.nullable(),
    settled_at: time.nullable(),
    replay_id: uuidOrNull,
    cancelled_by: uuidOrNull,
    reason: text.describe("Why it ended early"),
  })).optional(),
});

export const trace = z.object({
  correlation_id: uuid,
  requests: z.array(z.object({
    correlation_id: uuid,
    signal_id: uuidOrNull,
    endpoint: z.enum(["universal", "dedicated"]),
    outcome: z.string(),
    code: text,
    problem: object.nullable(),
    auth_method: text,
    remote_ip: text,
    repaired: z.boolean(),
    received_at: time,
    duration_ms: z.number(),
    strategy: text,
    bytes: int.nullable(),
    excerpt: text.describe("The body's beginning, credentials masked"),
  })),
  signal: z.object({
    ...canonical,
    slug: z.string(),
    correlation_id: uuid,
    endpoint: z.enum(["universal", "dedicated"]),
    reduced_from: text,
    timeframe: text,
    fired_at: time.nullable(),
    accepted_at: time.nullable(),
    expires_at: time,
    external_id: text,
    payload: object,
    cancelled_by: uuidOrNull,
  }).nullable(),
  routes: z.array(tracedRoute),
  auth_failure: z.object({
    bucket_start: time,
    received_at: time,
    endpoint: z.enum(["universal", "dedicated", "worker"]),
    reason: z.string(),
    remote_ip: text,
    count: int,
    strategy: text,
    asked_for: text,
    user_agent: text,
  }).nullable(),
});
