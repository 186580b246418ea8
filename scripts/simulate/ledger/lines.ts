/**
 * The lines of a ledger, and what they amount to.
 *
 * @module
 */
import { z } from "zod";

/** Milliseconds since 1970, by a clock that never goes back within a run. */
const at = z.number();
const sendNumber = z.number().int();

const runSchema = z.object({
  kind: z.literal("run"),
  at,
  /** The API's URL. */
  project: z.string(),
  seed: z.number(),
});
const strategySchema = z.object({
  kind: z.literal("strategy"),
  at,
  slug: z.string(),
  max_signal_age_ms: z.number(),
  max_exit_age_ms: z.number(),
});
const sendSchema = z.object({
  kind: z.literal("send"),
  at,
  n: sendNumber,
  /** The alert as its sender calls it, for people. */
  alert: z.string(),
  /** The strategy's slug. */
  strategy: z.string(),
  /** SHA-256 of the body: what makes two sends the same alert to the router. */
  digest: z.string(),
  /** 1, or more for a resend. */
  attempt: z.number().int(),
  /** Its credential had been revoked, and the revocation answered, before it was sent. */
  is_dead: z.boolean(),
});
const answerSchema = z.object({
  kind: z.literal("answer"),
  at,
  n: sendNumber,
  status: z.number().int(),
  correlation_id: z.string().optional(),
  /** `status` of a 2xx, `code` of a refusal. */
  outcome: z.string().optional(),
  signal_id: z.string().optional(),
});
const silenceSchema = z.object({
  kind: z.literal("silence"),
  at,
  n: sendNumber,
  reason: z.string(),
});
const firedSchema = z.object({
  kind: z.literal("fired"),
  /** The earliest time at which it can have been handed out. */
  at,
  strategy: z.string(),
  route: z.string(),
  signal_id: z.string(),
});
const stoppedSchema = z.object({
  kind: z.literal("stopped"),
  at,
  alert: z.string(),
});

export const lineSchema = z.discriminatedUnion("kind", [
  runSchema,
  strategySchema,
  sendSchema,
  answerSchema,
  silenceSchema,
  firedSchema,
  stoppedSchema,
]);
export type Line = z.infer<typeof lineSchema>;
/** A line without its time, which is the present unless it is given. */
export type Entry = Line extends infer One
  ? One extends Line ? Omit<One, "at"> & { at?: number } : never
  : never;

export type Run = z.infer<typeof runSchema>;
export type SimulatedStrategy = z.infer<typeof strategySchema>;
export type Answer = z.infer<typeof answerSchema>;
export type Fired = z.infer<typeof firedSchema>;

/** One HTTP request, and what came back. */
export interface Send extends z.infer<typeof sendSchema> {
  answer?: Answer;
  /** When it was answered or given up; undefined: the run was killed before. */
  endedAt?: number;
}

export interface Ledger {
  run: Run;
  strategies: SimulatedStrategy[];
  sends: Send[];
  fired: Fired[];
  /** Alerts that fired too often. */
  stopped: string[];
}

/** Returns whether the sender cannot know what became of a send. */
export function isUnknown({ answer }: Send): boolean {
  return answer === undefined || answer.status >= 500;
}

/** Returns whether a send was answered with a signal: that it is stored, or was before. */
export function isAcknowledged({ answer }: Send): boolean {
  return answer !== undefined && answer.status >= 200 && answer.status < 300;
}

/** Returns the present in a ledger's time. */
export function ledgerTime(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 10) / 10;
}
