/** Checks a deployment from outside: functions, database, cron, Vault, dispatch, clocks, URL. */
import { join } from "node:path";
import { Cron } from "croner";
import { PROJECT_DIR } from "../cli/paths.ts";
import type { Project } from "../cli/project.ts";
import {
  askProvision,
  call,
  type Report,
  Unhealthy,
  waitFor,
} from "./check.ts";

/** What `diagnose` in SQL returns, and what the function adds. */
interface Diagnosis {
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

interface CronJob {
  name: string;
  schedule: string;
  active: boolean;
  status?: string;
  message?: string;
  "started_at"?: string;
  seconds?: number;
}

const MIGRATIONS = join(PROJECT_DIR, "supabase/migrations");
const EXTENSIONS = ["pg_cron", "pg_net", "pgcrypto", "pgmq", "supabase_vault"];
const LOWEST_POSTGRES = 15;
const HEALTHY_WITHIN_MS = 10_000;
const RETURN_WITHIN_MS = 15_000;
/** The five-second jobs run within it. */
const CRON_WITHIN_MS = 15_000;
/** A job may start late while the database is busy. */
const GRACE_MS = 60_000;
/** A quarter of what the time of a JWT may lie ahead. */
const MAX_SKEW_MS = 15_000;

/** Checks the deployment; returns whether it can take alerts at all. */
export async function checkDeployment(
  project: Project,
  { check }: Report,
): Promise<boolean> {
  let seen: Diagnosis | undefined;
  await check("Functions", () => checkHealth(project.url)) &&
    await check("Secret key", async () => {
      seen = await diagnose(project);
      return "is accepted";
    });
  if (!seen) return false;
  const found = seen;
  await check("Postgres", () => checkPostgres(found));
  await check("Extensions", () => checkExtensions(found));
  await check("Migrations", () => checkMigrations(found));
  await check("Cron", () => checkCron(project));
  const isVaultWhole = await check("Vault", () => checkVault(found));
  await check("Dispatch", () => checkDispatch(project));
  await check("Clocks", () => checkClocks(found));
  const isReached = await check("Public URL", () => checkPublicUrl(found));
  return isVaultWhole && isReached;
}

/** Asks for some seconds: right after a deployment the functions may not be everywhere yet. */
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

async function diagnose(project: Project, query = ""): Promise<Diagnosis> {
  const { status, body } = await askProvision(
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
        "cannot be tried, provision does not know doctor",
        "its version is older than this folder's: supabase functions deploy",
      );
    default:
      throw new Unhealthy(
        `cannot be tried, provision answers ${status}`,
        "the database may be older than the functions: supabase db push",
      );
  }
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
  const files = await Array.fromAsync(Deno.readDir(MIGRATIONS));
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

/** Looks again until the jobs that run every few seconds had their time. */
async function checkCron(project: Project): Promise<string> {
  const expected = await readJobNames();
  let jobs: CronJob[] = [];
  await waitFor(async () => {
    ({ cron_jobs: jobs } = await diagnose(project));
    return jobs.every((job) => !faultOf(job));
  }, CRON_WITHIN_MS);
  const names = new Set(jobs.map(({ name }) => name));
  const missing = expected.filter((name) => !names.has(name));
  if (missing.length) {
    throw new Unhealthy(
      `${missing.join(", ")} not scheduled`,
      "run the cron.schedule calls of supabase/migrations/*_cron.sql again",
    );
  }
  if (!jobs.some(({ started_at }) => isRecent(started_at))) {
    throw new Unhealthy(
      "no job has run in the last minute",
      "pg_cron's worker is down: restart the database",
    );
  }
  const faults = jobs.map(faultOf).filter((fault) => fault !== undefined);
  if (faults.length) {
    throw new Unhealthy(
      faults.join("; "),
      "see cron.job and cron.job_run_details",
    );
  }
  const slowest = Math.max(...jobs.map(({ seconds }) => seconds ?? 0));
  return `${jobs.length} jobs run on time, the slowest in ${
    Math.round(slowest * 1000)
  } ms`;
}

function isRecent(time: string | undefined): boolean {
  return time !== undefined && Date.parse(time) > Date.now() - GRACE_MS;
}

async function readJobNames(): Promise<string[]> {
  const [file] = (await Array.fromAsync(Deno.readDir(MIGRATIONS)))
    .filter(({ name }) => name.endsWith("_cron.sql"));
  const script = await Deno.readTextFile(join(MIGRATIONS, file!.name));
  const names = script.matchAll(/cron\.schedule\('([^']+)'/g);
  return Array.from(names, ([, name]) => name!);
}

/** Says what is wrong with a job; a rare one may not have been due since it was made. */
function faultOf(job: CronJob): string | undefined {
  const { name, schedule, active, status, message, started_at, seconds } = job;
  if (!active) return `${name} is switched off`;
  const everySeconds = /^(\d+) seconds$/.exec(schedule)?.[1];
  if (status === "failed") return `${name} failed: ${message}`;
  if (started_at === undefined) {
    return everySeconds ? `${name} has never run` : undefined;
  }
  const due = everySeconds
    ? Date.now() - Number(everySeconds) * 1000
    : new Cron(schedule, { timezone: "UTC" }).previousRuns(1)[0]!.getTime();
  if (Date.parse(started_at) < due - GRACE_MS) {
    return `${name} last ran at ${started_at.slice(0, 19)}Z`;
  }
  const limit = Number(everySeconds ?? 60);
  return seconds! > limit
    ? `${name} took ${Math.round(seconds!)} s`
    : undefined;
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

/** Has the database wake the dispatch function, as cron does: it answers once it has asked the database for work. */
async function checkDispatch(project: Project): Promise<string> {
  const remedy = "set router_settings.internal_url to where the database " +
    "reaches the functions (cleared, the next call of provision sets it)";
  const { status, body } = await askProvision(project, "POST", "/doctor/probe");
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
    `woken by the database it did not answer: ${code ?? error}`,
    remedy,
  );
}

function checkClocks(
  { clock_skew_ms: skew, round_trip_ms: trip }: Diagnosis,
): string {
  const seen = `the database is ${Math.round(Math.abs(skew))} ms ${
    skew < 0 ? "behind" : "ahead of"
  } the functions (± ${Math.ceil(trip / 2)} ms)`;
  if (Math.abs(skew) - trip / 2 <= MAX_SKEW_MS) return seen;
  throw new Unhealthy(
    seen,
    "signatures and tokens are judged by both clocks: report it to the platform",
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
    return `${url} is reached from here`;
  }
  throw new Unhealthy(`${url}/provision/health answers ${status}`, remedy);
}
