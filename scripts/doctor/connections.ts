/** Checks that the parts of a deployment reach each other. */
import type { Diagnosis } from "../../supabase/functions/_shared/provision_api/doctor.ts";
import type { Project } from "../cli/project.ts";
import { type Answer, call, callProvision } from "./call.ts";
import { Unhealthy, waitFor } from "./check.ts";
import { diagnose } from "./diagnosis.ts";

/** The header by which a deployment is told from another. */
const DEPLOYMENT = "x-deployment";
const HEALTHY_WITHIN_MS = 10_000;
const RETURN_WITHIN_MS = 15_000;

/** Polls for some seconds: right after a deployment the functions may not be everywhere yet. */
export async function checkHealth(url: string): Promise<string> {
  let status = 0;
  let ms = 0;
  const isHealthy = await waitFor(async () => {
    const health = await askHealth(`${url}/functions/v1`);
    ({ status, ms } = health);
    return isUp(health);
  }, HEALTHY_WITHIN_MS);
  if (isHealthy) return `answer in ${ms} ms`;
  throw new Unhealthy(
    `provision/health answers ${status}`,
    status === 503
      ? "they run, but the database does not answer them: see their log"
      : "deploy them: supabase functions deploy",
  );
}

/** A monitor that stands still is a finding of its own: the functions and the database are up. */
function isUp({ status, body }: Answer): boolean {
  return status === 200 && body.status === "ok" ||
    status === 503 && body.status === "monitor_stopped";
}

function askHealth(functionsUrl: string): Promise<Answer> {
  return call(`${functionsUrl}/provision/health`, {});
}

/** Lets the database wake the dispatch function, as cron does; 202 says that it has claimed. */
export async function checkDispatch(project: Project): Promise<string> {
  const remedy = "correct router_settings.internal_url, or set it to null: " +
    "doctor's next run fills it in";
  const { status, body } = await callProvision(
    project,
    "POST",
    "/doctor/probe",
  );
  if (status !== 200 || body.probe === null) {
    throw new Unhealthy("cannot be woken by the database", remedy);
  }
  const sent = performance.now();
  const probe = await waitForProbe(project, body.probe);
  if (probe === null) {
    throw new Unhealthy(
      "pg_net has no answer",
      "its worker may be down: select net.worker_restart()",
    );
  }
  const { status_code: code, error } = probe;
  if (code === 202) {
    return `a probe came back in ${Math.round(performance.now() - sent)} ms`;
  }
  if (code === 401) {
    throw new Unhealthy(
      "the wake key is refused (401)",
      "select private.make_wake_key(), and see that router_settings.internal_url is this project's",
    );
  }
  throw new Unhealthy(
    `did not respond when the database woke it: ${code ?? error}`,
    remedy,
  );
}

async function waitForProbe(
  project: Project,
  id: number,
): Promise<Diagnosis["probe"]> {
  let probe: Diagnosis["probe"] = null;
  await waitFor(async () => {
    ({ probe } = await diagnose(project, `?probe=${id}`));
    return probe !== null;
  }, RETURN_WITHIN_MS);
  return probe;
}

export async function checkPublicUrl(
  project: Project,
  { functions_url: url }: Diagnosis,
): Promise<string> {
  const remedy = "set router_settings.functions_url to the URL at which " +
    "senders reach the functions, or clear it";
  const health = await askHealth(url).catch((error) => {
    throw new Unhealthy(error.message, remedy);
  });
  if (!isUp(health)) {
    throw new Unhealthy(
      `${url}/provision/health answers ${health.status}`,
      remedy,
    );
  }
  const own = await askHealth(`${project.url}/functions/v1`);
  if (health.headers.get(DEPLOYMENT) !== own.headers.get(DEPLOYMENT)) {
    throw new Unhealthy(`${url} leads to another project`, remedy);
  }
  return `${url} can be reached from here`;
}
