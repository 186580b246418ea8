/**
 * The contract of `provision` about phase, replay, signals and incidents.
 *
 * @module
 */
import { z } from "zod";
import { nameSchema } from "./strategy.ts";

export const phaseSchema = z.enum(["universal", "hybrid", "automated"]);
export type Phase = z.infer<typeof phaseSchema>;

/** Body of `PUT /phase`. */
export const phaseChangeSchema = z.strictObject({
  phase: phaseSchema,
  force: z.boolean().default(false),
});

export const phaseAnswerSchema = z.looseObject({ phase: phaseSchema });
export type PhaseAnswer = z.infer<typeof phaseAnswerSchema>;

/** The answer to `PUT /phase`; `cut_off` lists the strategies that lost an endpoint with traffic. */
export interface PhaseChangeAnswer extends PhaseAnswer {
  cut_off: { slug: string; endpoint: string; signals_7d: number }[];
}

/** Body of `PUT /mode`, and the answer: what every strategy may send on. */
export const modeSchema = z.object({
  mode: z.enum(["active", "exits_only", "paused"]),
});
export type Mode = z.infer<typeof modeSchema>["mode"];

/** The statuses by which a replay may select signals. */
export const REPLAYABLE = [
  "accepted",
  "held",
  "suppressed",
  "expired",
  "dead",
] as const;

/**
 * Body of `POST /replay`; times are ISO 8601. With `replay_id` a replay can be repeated: it goes on where it ended, and
 * sends nothing twice.
 */
export const replaySchema = z.strictObject({
  replay_id: z.uuid().optional(),
  signal_ids: z.array(z.uuid()).min(1).max(10_000).optional(),
  strategy: nameSchema.optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  status: z.enum(REPLAYABLE).optional(),
}).refine(
  ({ replay_id, signal_ids, strategy, from, status }) =>
    replay_id ?? signal_ids ?? strategy ?? from ?? status,
  "Say which signals: signal_ids, strategy, from or status; or replay_id to go on",
);

/** The answer to `POST /replay`: the signals sent so far; unless it is done, repeat the call with the `replay_id`. */
export const replayAnswerSchema = z.looseObject({
  replay_id: z.string(),
  signals: z.number(),
  done: z.boolean(),
});
export type ReplayAnswer = z.infer<typeof replayAnswerSchema>;

/** Query of `GET /signals`. */
export const signalQuerySchema = z.strictObject({
  strategy: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(20),
});

const decimal = z.union([z.string(), z.number()]).transform(String);

/** A signal as `GET /signals` lists it. */
const listedSignalSchema = z.looseObject({
  received_at: z.string(),
  strategy: z.string(),
  status: z.string(),
  action: z.string().nullish(),
  direction: z.string().nullish(),
  symbol: z.string().nullish(),
  quantity: decimal.nullish(),
  price: decimal.nullish(),
  is_test: z.boolean().nullish(),
  intent: z.string().nullish(),
  /** What became of it on each route. */
  outcomes: z.array(z.looseObject({
    route: z.string().nullable(),
    outcome: z.string(),
    cancelled_by: z.string().nullish(),
  })).default([]),
});
export type ListedSignal = z.infer<typeof listedSignalSchema>;

export const signalsAnswerSchema = z.looseObject({
  signals: z.array(listedSignalSchema),
});

const incidentSchema = z.looseObject({
  id: z.number(),
  kind: z.string(),
  strategy: z.string().nullish(),
  subject: z.string().nullish(),
  status: z.string(),
  opened_at: z.string(),
  last_seen_at: z.string(),
  count: z.number().nullish(),
  details: z.unknown(),
});
export type Incident = z.infer<typeof incidentSchema>;

export const incidentAnswerSchema = z.looseObject({ incident: incidentSchema });
export const incidentsAnswerSchema = z.looseObject({
  incidents: z.array(incidentSchema),
});
