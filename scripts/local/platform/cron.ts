/**
 * Runs the jobs of the local stand-in for pg_cron: in UTC, one run of a job at a
 * time, each with a row in `cron.job_run_details`.
 */
import { Cron } from "croner";
import { reasonOf } from "../../cli/failure.ts";
import { inBackground } from "../host/background.ts";
import type { Log } from "../host/log.ts";
import { SUPERUSER } from "../postgres/cluster.ts";
import { connect, type Database } from "../postgres/database.ts";

export interface Runner {
  close(): Promise<void>;
}

interface Job {
  jobid: string;
  schedule: string;
  command: string;
  username: string;
}

/** A job and its next turns. */
interface Timer {
  job: Job;
  stop(): void;
}

/** Starts running jobs, and follows every change of `cron.job`. */
export async function startCron(
  port: number,
  write: Log["write"],
): Promise<Runner> {
  const background = inBackground("cron", write);
  const sql = connect(port, SUPERUSER);
  const listener = connect(port, SUPERUSER);
  const worker = connect(port, "postgres", {
    max: 8,
    "idle_timeout": 60,
    connection: { "application_name": "pg_cron (local stand-in)" },
  });
  const timers = new Map<string, Timer>();
  const busy = new Set<string>();
  if (await isInstalled(sql)) await endLostRuns(sql);
  const run = (job: Job) =>
    background.run(() => runOnce(job, { sql, worker, busy }));
  const reload = async () => {
    const jobs = new Map((await readJobs(sql)).map((job) => [job.jobid, job]));
    // A job that stays as it is keeps its turns: its period does not begin anew.
    for (const [id, { job, stop }] of timers) {
      if (isEqual(job, jobs.get(id))) {
        jobs.delete(id);
      } else {
        stop();
        timers.delete(id);
      }
    }
    for (const [id, job] of jobs) timers.set(id, schedule(job, run));
  };
  const onChange = () => background.run(reload);
  await listener.listen("stand_in_cron", onChange, onChange);
  return {
    close: async () => {
      background.stop();
      for (const timer of timers.values()) timer.stop();
      await Promise.all(
        [listener, worker, sql].map((each) => each.end({ timeout: 1 })),
      );
    },
  };
}

/** Marks the runs that the last stop interrupted as failed. */
async function endLostRuns(sql: Database): Promise<void> {
  await sql`
    update cron.job_run_details
    set status = 'failed', return_message = 'server restarted', end_time = now()
    where status = 'running'`;
}

async function isInstalled(sql: Database): Promise<boolean> {
  const [row] = await sql`select to_regclass('cron.job') as job`;
  return row?.["job"] !== null;
}

async function readJobs(sql: Database): Promise<Job[]> {
  if (!await isInstalled(sql)) return [];
  return await sql<Job[]>`
    select jobid::text, schedule, command, username
    from cron.job
    where active`;
}

function isEqual(one: Job, other: Job | undefined): boolean {
  return one.schedule === other?.schedule && one.command === other.command &&
    one.username === other.username;
}

function schedule(job: Job, run: (job: Job) => void): Timer {
  const seconds = /^\s*(\d+) seconds?\s*$/.exec(job.schedule)?.[1];
  if (seconds !== undefined) {
    const timer = setInterval(() => run(job), Number(seconds) * 1000);
    return { job, stop: () => clearInterval(timer) };
  }
  // `$` is pg_cron's last day of the month.
  const pattern = job.schedule.trim().replace("$", "L");
  const timer = new Cron(pattern, { timezone: "UTC" }, () => run(job));
  return { job, stop: () => timer.stop() };
}

interface Worker {
  sql: Database;
  worker: Database;
  busy: Set<string>;
}

/** Runs a job, unless its last run is still going on: then it waits for its next turn, as in pg_cron. */
async function runOnce(job: Job, { sql, worker, busy }: Worker): Promise<void> {
  if (busy.has(job.jobid)) return;
  busy.add(job.jobid);
  try {
    const [run] = await sql<{ runid: string }[]>`
      insert into cron.job_run_details
        (jobid, database, username, command, status, start_time)
      values (${job.jobid}, 'postgres', ${job.username}, ${job.command}, 'running', now())
      returning runid::text`;
    const outcome = await execute(job, worker);
    await sql`
      update cron.job_run_details
      set status = ${outcome.status}, return_message = ${outcome.message}, end_time = now()
      where runid = ${run!.runid}`;
  } finally {
    busy.delete(job.jobid);
  }
}

async function execute(
  job: Job,
  worker: Database,
): Promise<{ status: string; message: string }> {
  if (job.username !== "postgres") {
    const message = "The local stand-in runs jobs of postgres only";
    return { status: "failed", message };
  }
  try {
    const result = await worker.unsafe(job.command).simple();
    const last = Array.isArray(result[0]) ? result.at(-1) : result;
    const { command, count } = last as typeof result;
    const rows = `${count} row${count === 1 ? "" : "s"}`;
    const message = command === "SELECT" ? rows : `${command} ${count ?? ""}`;
    return { status: "succeeded", message: message.trim() };
  } catch (error) {
    return { status: "failed", message: `ERROR:  ${reasonOf(error)}` };
  }
}
