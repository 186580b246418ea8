/** The database's own report about the deployment. */
import type { Diagnosis } from "../../supabase/functions/_shared/provision_api/doctor.ts";
import type { Project } from "../cli/project.ts";
import { callProvision } from "./call.ts";
import { Unhealthy } from "./check.ts";

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
      if (
        !body.version || !body.vault || !body.started_at || !body.unusable_keys
      ) {
        throw olderThan("database and functions");
      }
      return body;
    case 401:
      throw new Unhealthy(
        "is refused",
        "set SUPABASE_SECRET_KEY to the project's secret key named default (sb_secret_…)",
      );
    case 404:
      throw olderThan("functions");
    default:
      throw new Unhealthy(
        `cannot be checked, provision answers ${status}`,
        "the database may be older than the functions: supabase db push",
      );
  }
}

function olderThan(what: string): Unhealthy {
  return new Unhealthy(
    `cannot be checked, ${what} are of another version than this folder`,
    "supabase db push, then supabase functions deploy",
  );
}
