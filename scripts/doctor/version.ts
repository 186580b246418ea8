/** Compares the version that is deployed with this folder's. */
import type { Diagnosis } from "../../supabase/functions/_shared/provision_api/doctor.ts";
import { VERSION } from "../../supabase/functions/_shared/version.ts";
import { Unhealthy } from "./check.ts";

export function checkVersion(
  { version }: Pick<Diagnosis, "version">,
): string {
  if (version === VERSION) return version;
  throw new Unhealthy(
    `${version} is deployed, this folder has ${VERSION}`,
    "deploy the functions, or check out the tag that is deployed",
  );
}
