/** A fault, and the stage on which it plays. */
import type { Kit } from "../../../supabase/functions/_shared/provision_api/strategy.ts";
import type { Strategy } from "../../simulate/project/strategies.ts";
import type { Subject } from "./subject.ts";

/** Where faults of one kind stand in the report. */
export type Family =
  | "kill"
  | "stop"
  | "lock"
  | "connections"
  | "disk"
  | "targets"
  | "isolates"
  | "clock"
  | "migrations"
  | "network";

export interface Fault {
  family: Family;
  /** Unique; says what happens, and for how long. */
  name: string;
  /** Time between `inject` and `heal`, in which it may go on. */
  durationMs: number;
  /** The promise: so long after `heal` each strategy has an alert accepted. */
  recoversWithinMs: number;
  /** Part of the short run, too. */
  isShort?: boolean;
  /** The age at which its entries end; 60 s unless it is about ages. */
  maxSignalAgeMs?: number;
  /** A limit for the first strategy; none unless the fault is about limits. */
  limitPerMinute?: number;
  /**
   * No credential is revoked at the beginning: the fault does it, or kills `webhook`, which loses what it has counted of
   * failed authentication for up to two seconds.
   */
  keepsCredentials?: boolean;
  /** Starts a stack for this fault alone. */
  open?(signal: AbortSignal): Promise<Subject>;
  /** Before strategies are registered; what it leaves in `resources` ends with the scene. */
  prepare?(stage: Stage, resources: AsyncDisposableStack): Promise<void>;
  inject(stage: Stage): Promise<void>;
  heal(stage: Stage): Promise<void>;
  /** Returns what else went wrong, in sentences. */
  verify?(stage: Stage): Promise<string[]>;
}

/** One fault's surroundings. */
export interface Stage {
  subject: Subject;
  /** Registered for this fault; the first is the one that faults of a strategy meet. */
  strategies: StagedStrategy[];
  /** More http routes of the first strategy, if `prepare` has added some. */
  badTargets: string[];
  /** Returns where an alert is sent to, from its URL at the gateway and its number. */
  redirect(url: string, n: number): string;
  /** Sends one more alert to the first strategy, as all others are sent. */
  send(alert: string, body: string): Promise<void>;
}

export interface StagedStrategy extends Strategy {
  id: string;
  routes: Kit["routes"];
}

/** The bounds of issue J's recovery, in milliseconds. */
export const AFTER_KILLED_BACKEND_MS = 1000;
export const AFTER_POSTGRES_MS = 5000;
export const AFTER_LOCK_MS = 2000;
