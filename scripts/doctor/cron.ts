/** Checks that every cron job is scheduled, runs on time and succeeds. */
import { join } from "node:path";
import { Cron } from "croner";
import { MIGRATIONS_DIR } from "../cli/paths.ts";
import type { Project } from "../cli/project.ts";
import { Unhealthy, waitFor } from "./check.ts";
import { type CronJob, diagnose } from "./diagnosis.ts";

/** Long enough for the five-second jobs to run. */
const CRON_WITHIN_MS = 15_000;
/** A job may start late while the database is busy. */
const GRACE_MS = 60_000;

/** Polls until the jobs that run every few seconds have had time to run. */
export async function checkCron(project: Project): Promise<string> {
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
  const [file] = (await Array.fromAsync(Deno.readDir(MIGRATIONS_DIR)))
    .filter(({ name }) => name.endsWith("_cron.sql"));
  const script = await Deno.readTextFile(join(MIGRATIONS_DIR, file!.name));
  const names = script.matchAll(/cron\.schedule\('([^']+)'/g);
  return Array.from(names, ([, name]) => name!);
}

/** Returns what is wrong with a job; a rare one may not have been due since it was created. */
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
