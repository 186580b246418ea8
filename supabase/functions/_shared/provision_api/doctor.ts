/**
 * The contract of `provision` about `deno task doctor`.
 *
 * @module
 */
import { z } from "zod";

/** Query of `GET /doctor`: the probe whose answer is wanted. */
export const diagnosisQuerySchema = z.strictObject({
  probe: z.coerce.number().int().positive().optional(),
});

/** A cron job with its last finished run. */
export interface CronJob {
  name: string;
  schedule: string;
  active: boolean;
  status?: string;
  message?: string;
  started_at?: string;
  seconds?: number;
}

/** The answer to `GET /doctor`: what the database reports, and how far its clock is ahead of the function's. */
export interface Diagnosis {
  /** The version of the functions. */
  version: string;
  now: string;
  postgres: string;
  extensions: Record<string, string>;
  migrations: string[] | null;
  cron_jobs: CronJob[];
  /** The monitor's watches; stopped: not finished for three minutes. */
  watches: {
    name: string;
    finished_at: string;
    seconds: number;
    stopped: boolean;
  }[];
  /** The start of the database server. */
  started_at: string;
  /** Secrets that do not exist, and those that Vault cannot read, in words. */
  vault: { missing: string[]; unreadable: string[] };
  /** Keys of strategies that can verify no token, each in a sentence: Studio takes any. */
  unusable_keys: string[];
  functions_url: string;
  internal_url: string | null;
  probe: { status_code: number | null; error: string | null } | null;
  deliveries: { signal_id: string; status: string; error: string | null }[];
  clock_skew_ms: number;
  round_trip_ms: number;
}
