/** Checks a deployment from outside, before any alert is sent to it. */
import { MIGRATIONS_DIR } from "../cli/paths.ts";
import type { Project } from "../cli/project.ts";
import { call, callProvision } from "./call.ts";
import { type Report, Unhealthy, waitFor } from "./check.ts";
import { checkCron } from "./cron.ts";
import { diagnose, type Diagnosis } from "./diagnosis.ts";

const EXTENSIONS = ["pg_cron", "pg_net", "pgcrypto", "pgmq", "supabase_vault"];
const LOWEST_POSTGRES = 15;
const HEALTHY_WITHIN_MS = 10_000;
const RETURN_WITHIN_MS = 15_000;
/** A quarter of how far a JWT's times may be ahead. */
const MAX_SKEW_MS = 15_000;

/** Checks the deployment; returns whether it can accept alerts at all. */
export async function checkDeployment(
  project: Project,
  { check }: Report,
): Promise<boolean> {
  let answer: Diagnosis | undefined;
  await check("Functions", () => checkHealth(project.url)) &&
    await check("Secret key", async () => {
      answer = await diagnose(project);
      return "is accepted";
    });
  if (!answer) return false;
  const diagnosis = answer;
  await check("Postgres", () => checkPostgres(diagnosis));
  await check("Extensions", () => checkExtensions(diagnosis));
  await check("Migrations", () => checkMigrations(diagnosis));
  await check("Cron", () => checkCron(project));
  const isVaultWhole = await check("Vault", () => checkVault(diagnosis));
  await check("Dispatch", () => checkDispatch(project));
  await check("Clocks", () => checkClocks(diagnosis));
  const isReached = await check("Public URL", () => checkPublicUrl(diagnosis));
  return isVaultWhole && isReached;
}

/** Polls for some seconds: right after a deployment the functions may not be everywhere yet. */
async function checkHealth(url: string): Promise<string> {
  let status = 0;
  let ms = 0;
  const isHealthy = await waitFor(async () => {
    const health = await call(`${url}/functions/v1/provision/health`, {});
    ({ status, ms } = health);
    return status === 200 && health.body.status === "ok";
  }, HEALTHY_WITHIN_MS);
  if (isHealthy) return `answer in ${ms} ms`;
  throw new Unhealthy(
    `provision/health answers ${status}`,
    status === 503
      ? "they run, but the database does not answer them: see their log"
      : "deploy them: supabase functions deploy",
  );
}

function checkPostgres({ postgres }: Diagnosis): string {
  if (parseInt(postgres) >= LOWEST_POSTGRES) return postgres;
  throw new Unhealthy(postgres, `upgrade to ${LOWEST_POSTGRES} or newer`);
}

function checkExtensions({ extensions }: Diagnosis): string {
  const missing = EXTENSIONS.filter((name) => !(name in extensions));
  if (missing.length) {
    throw new Unhealthy(
      `${missing.join(", ")} not installed`,
      "enable it in Studio, Database → Extensions",
    );
  }
  return EXTENSIONS.map((name) => `${name} ${extensions[name]}`).join(", ");
}

async function checkMigrations({ migrations }: Diagnosis): Promise<string> {
  const files = await Array.fromAsync(Deno.readDir(MIGRATIONS_DIR));
  const ours = new Map(files.map(({ name }) => [name.split("_")[0]!, name]));
  const applied = new Set(migrations);
  const missing = [...ours].filter(([version]) => !applied.has(version))
    .map(([, name]) => name).sort();
  if (missing.length) {
    throw new Unhealthy(
      `${missing.join(", ")} not applied`,
      "supabase db push",
    );
  }
  return `all ${ours.size} are applied`;
}

function checkVault({ missing_secrets: missing }: Diagnosis): string {
  if (missing.length === 0) return "every secret can be read";
  throw new Unhealthy(
    `lacks the ${missing.join(", the ")}`,
    "restore Vault from a backup; or make new ones: select private.make_wake_key() " +
      "for the wake key, clear webhook_secret in strategies and router_settings (their URLs change), " +
      "and register routes anew",
  );
}

/** Lets the database wake the dispatch function, as cron does; 202 says that it has claimed. */
async function checkDispatch(project: Project): Promise<string> {
  const remedy = "set router_settings.internal_url to where the database " +
    "reaches the functions (cleared, the next call of provision sets it)";
  const { status, body } = await callProvision(
    project,
    "POST",
    "/doctor/probe",
  );
  if (status !== 200 || body.probe === null) {
    throw new Unhealthy("cannot be woken by the database", remedy);
  }
  const sent = performance.now();
  let probe: Diagnosis["probe"] = null;
  await waitFor(async () => {
    ({ probe } = await diagnose(project, `?probe=${body.probe}`));
    return probe !== null;
  }, RETURN_WITHIN_MS);
  const { status_code: code, error } = probe ??
    { status_code: null, error: "pg_net has no answer" };
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

function checkClocks(
  { clock_skew_ms: skew, round_trip_ms: trip }: Diagnosis,
): string {
  const finding = `the database is ${Math.round(Math.abs(skew))} ms ${
    skew < 0 ? "behind" : "ahead of"
  } the functions (± ${Math.ceil(trip / 2)} ms)`;
  if (Math.abs(skew) - trip / 2 <= MAX_SKEW_MS) return finding;
  throw new Unhealthy(
    finding,
    "signatures and tokens are checked by both clocks: report it to the platform",
  );
}

async function checkPublicUrl(
  { functions_url: url }: Diagnosis,
): Promise<string> {
  const remedy = "set router_settings.functions_url to the URL at which " +
    "senders reach the functions, or clear it";
  const { status, body } = await call(`${url}/provision/health`, {})
    .catch((error) => {
      throw new Unhealthy(error.message, remedy);
    });
  if (status === 200 && body.status === "ok") {
    return `${url} can be reached from here`;
  }
  throw new Unhealthy(`${url}/provision/health answers ${status}`, remedy);
}
