/**
 * Everything that `provision` answers about signals, incidents, workers and the deployment, field by field.
 *
 * @module
 */
import { z } from "zod";
import {
  ACTIONS,
  DIRECTIONS,
  INTENTS,
} from "../../../_shared/domain/vocabulary.ts";
import { object, text, time, uuid, uuidOrNull } from "./strategies.ts";

const outcome = z.object({
  route: text,
  outcome: z.string(),
  at: time.nullable(),
  cancelled_by: uuidOrNull,
  tries: z.int().nullable(),
  worker: text,
  error: text,
  result: object.nullable().describe("The worker's own account"),
  replay_id: uuidOrNull,
});

export const canonical = {
  id: uuid,
  received_at: time,
  strategy: z.string(),
  status: z.enum(["accepted", "held", "suppressed", "expired"]),
  action: z.enum(ACTIONS),
  direction: z.enum(DIRECTIONS).nullable(),
  intent: z.enum(INTENTS).nullable(),
  exchange: text,
  symbol: text,
  quantity: z.number().nullable(),
  price: z.number().nullable(),
  confidence: z.number().nullable(),
  is_test: z.boolean(),
  routes: z.array(z.string()),
};

export const signalsAnswer = z.object({
  signals: z.array(z.object({ ...canonical, outcomes: z.array(outcome) })),
});

const incident = {
  id: z.int(),
  kind: z.string().describe("The runbook has a procedure for each"),
  subject: z.string(),
  status: z.enum(["open", "acknowledged", "resolved"]),
  opened_at: time,
  reopened_at: time.nullable(),
  last_seen_at: time,
  count: z.int(),
  details: object,
};

export const incidentsAnswer = z.object({
  incidents: z.array(z.object({ ...incident, strategy: text })),
});

export const acknowledgedAnswer = z.object({
  incident: z.object({
    ...incident,
    strategy_id: uuidOrNull,
    first_count: z.int(),
    acknowledged_at: time,
    acknowledged_by: z.string(),
    resolved_at: time.nullable(),
    is_quiet: z.boolean(),
    reopens_until: time.nullable(),
    notified_level: z.int().nullable(),
    is_resolution_notified: z.boolean(),
  }),
});

const watch = z.object({
  name: z.string(),
  finished_at: time,
  seconds: z.number(),
  stopped: z.boolean(),
});

export const health = z.object({
  status: z.enum(["ok", "monitor_stopped"]),
  version: z.string().optional().describe("To operators only"),
  backlog: z.object({
    dispatches: z.int(),
    paused: z.int(),
    oldest_due_seconds: z.number(),
    held: z.int(),
    incidents: z.int(),
  }).optional().describe("To operators only"),
  watches: z.array(watch).optional().describe("To operators only"),
});

const int = z.int();

export const diagnosis = z.object({
  version: z.string(),
  now: time,
  postgres: z.string(),
  extensions: z.record(z.string(), z.string()),
  migrations: z.array(z.string()).nullable(),
  cron_jobs: z.array(z.object({
    name: z.string(),
    schedule: z.string(),
    active: z.boolean(),
    status: z.string().optional(),
    message: text.optional(),
    started_at: time.optional(),
    seconds: z.number().nullable().optional(),
  })),
  watches: z.array(watch),
  started_at: time,
  vault: z.object({
    missing: z.array(z.string()),
    unreadable: z.array(z.string()),
  }).describe("Secrets that do not exist, and those that Vault cannot read"),
  unusable_keys: z.array(z.string()),
  functions_url: text,
  internal_url: text,
  probe: z.object({ status_code: int.nullable(), error: text }).nullable(),
  deliveries: z.array(z.object({
    signal_id: uuid,
    status: z.string(),
    error: text,
  })),
  clock_skew_ms: z.number(),
  round_trip_ms: z.number(),
});

export const probeAnswer = z.object({ probe: int.nullable() });

const worker = z.object({
  id: uuid,
  name: z.string(),
  queues: z.array(z.string()),
  can: z.array(z.enum(["claim", "settle"])),
  allowed_ips: z.array(z.string()),
  expires_at: time.nullable(),
  created_at: time,
  live_keys: int,
  last_seen_at: time.nullable(),
  version: text,
});

export const workersAnswer = z.object({ workers: z.array(worker) });
export const workerKeyAnswer = z.object({
  worker,
  key: z.string().regex(/^wk_[A-Za-z0-9_-]{43}$/).describe("Shown this once"),
});
export const metricsKeyAnswer = z.object({
  key: z.string().regex(/^mk_[A-Za-z0-9_-]{43}$/),
});
export const deletedAnswer = z.object({ deleted: z.boolean() });

export const phaseChange = z.object({
  phase: z.enum(["universal", "hybrid", "automated"]),
  cut_off: z.array(z.object({
    slug: z.string(),
    endpoint: z.string(),
    signals_7d: int,
  })),
});

export const replayAnswer = z.object({
  replay_id: uuid,
  signals: int.describe("Sent so far"),
  done: z.boolean().describe("If not, repeat the call with the replay_id"),
});
