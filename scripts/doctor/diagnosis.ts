/** The database's own report about the deployment. */
import type { Project } from "../cli/project.ts";
import { callProvision } from "./call.ts";
import { Unhealthy } from "./check.ts";

/** The result of `diagnose` in SQL, and what the function adds to it. */
export interface Diagnosis {
  now: string;
  postgres: string;
  extensions: Record<string, string>;
  migrations: string[] | null;
  "cron_jobs": CronJob[];
  "missing_secrets": string[];
  "functions_url": string;
  "internal_url": string | null;
  probe: { "status_code": number | null; error: string | null } | null;
  "clock_skew_ms": number;
  "round_trip_ms": number;
}

export interface CronJob {
  name: string;
  schedule: string;
  active: boolean;
  status?: string;
  message?: string;
  "started_at"?: string;
  seconds?: number;
}

/** Asks `provision` for a diagnosis; fails if the key is refused or the versions differ. */
export async function diagnose(
  project: Project,
  query = "",
): Promise<Diagnosis> {
  const { status, body } = await callProvision(
    project,
    "GET",
    `/doctor${query}`,
  );
  switch (status) {
    case 200:
      return body;
    case 401:
      throw new Unhealthy(
        "is refused",
        "set SUPABASE_SECRET_KEY to the project's secret key named default (sb_secret_…)",
      );
    case 404:
      throw new Unhealthy(
        "cannot be checked, provision has no doctor",
        "its version is older than this folder's: supabase functions deploy",
      );
    default:
      throw new Unhealthy(
        `cannot be checked, provision answers ${status}`,
        "the database may be older than the functions: supabase db push",
      );
  }
}
