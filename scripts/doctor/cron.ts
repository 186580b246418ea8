/** Checks that every cron job is scheduled, runs on time and succeeds, and that the monitor's watches finish. */
import { join } from "node:path";
import { Cron } from "croner";
import { MIGRATIONS_DIR } from "../cli/paths.ts";
import type { Project } from "../cli/project.ts";
import type {
  CronJob,
  Diagnosis,
} from "../../supabase/functions/_shared/provision_api/doctor.ts";
import { Unhealthy, waitFor } from "./check.ts";
import { diagnose } from "./diagnosis.ts";

/** Long enough for the five-second jobs to run. */
const CRON_WITHIN_MS = 15_000;
/** A job may start late while the database is busy. */
const GRACE_MS = 60_000;

/** Polls until the jobs that run every few seconds have had time to run. */
export async function checkCron(project: Project): Promise<string> {
  const expected = await readJobNames();
  let diagnosis = await diagnose(project);
  await waitFor(async () => {
    diagnosis = await diagnose(project);
    return faultsOf(diagnosis).length === 0;
  }, CRON_WITHIN_MS);
  const { cron_jobs: jobs, now } = diagnosis;
  const names = new Set(jobs.map(({ name }) => name));
  const missing = expected.filter((name) => !names.has(name));
  if (missing.length) {
    throw new Unhealthy(
      `${missing.join(", ")} not scheduled`,
      "run the cron.schedule calls of supabase/migrations/*_cron.sql again",
    );
  }
  const minuteAgo = Date.parse(now) - GRACE_MS;
  if (
    !jobs.some(({ started_at = 0 }) =>
      new Date(started_at).getTime() > minuteAgo
    )
  ) {
    throw new Unhealthy(
      "no job has run in the last minute",
      "pg_cron's worker is down: restart the database",
    );
  }
  const faults = faultsOf(diagnosis);
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

/** Checks that no watch of the monitor stands still: what it looks for would not be reported. */
export async function checkMonitor(project: Project): Promise<string> {
  const { watches } = await diagnose(project);
  const stopped = watches.filter((watch) => watch.stopped);
  if (stopped.length) {
    const found = stopped.map(({ name, finished_at }) =>
      `${name} last finished at ${finished_at.slice(0, 19)}Z`
    );
    const { name } = stopped[0]!;
    throw new Unhealthy(
      found.join("; "),
      `see cron.job_run_details, or run it: select private.run_watch('${name}')`,
    );
  }
  const oldest = Math.max(...watches.map(({ seconds }) => seconds));
  return `all ${watches.length} watches finish, the last ${
    Math.round(oldest)
  } s ago`;
}

async function readJobNames(): Promise<string[]> {
  const [file] = (await Array.fromAsync(Deno.readDir(MIGRATIONS_DIR)))
    .filter(({ name }) => name.endsWith("_cron.sql"));
  const script = await Deno.readTextFile(join(MIGRATIONS_DIR, file!.name));
  const names = script.matchAll(/cron\.schedule\('([^']+)'/g);
  return Array.from(names, ([, name]) => name!);
}

function faultsOf({ cron_jobs, now, started_at }: Diagnosis): string[] {
  // The database's clock: this machine's may be wrong.
  const clock = { now: Date.parse(now), upSince: Date.parse(started_at) };
  return cron_jobs.map((job) => faultOf(job, clock))
    .filter((fault) => fault !== undefined);
}

/** Returns what is wrong with a job; a rare one misses its turn while the database is down, or not yet there. */
function faultOf(
  { name, schedule, active, status, message, started_at, seconds }: CronJob,
  { now, upSince }: { now: number; upSince: number },
): string | undefined {
  if (!active) return `${name} is switched off`;
  const everySeconds = /^(\d+) seconds$/.exec(schedule)?.[1];
  if (status === "failed") return `${name} failed: ${message}`;
  if (started_at === undefined) {
    const hasBeenDue = Number(everySeconds) * 1000 < CRON_WITHIN_MS;
    return hasBeenDue ? `${name} has never run` : undefined;
  }
  const due = everySeconds
    ? now - Number(everySeconds) * 1000
    : new Cron(schedule, { timezone: "UTC" })
      .previousRuns(1, new Date(now))[0]!.getTime();
  if (upSince < due && Date.parse(started_at) < due - GRACE_MS) {
    return `${name} last ran at ${started_at.slice(0, 19)}Z`;
  }
  const limit = Number(everySeconds ?? 60);
  return seconds! > limit
    ? `${name} took ${Math.round(seconds!)} s`
    : undefined;
}
