/** The stack under test, as `deno task start` runs it: a process of its own, which can be killed with all below it. */
import { join } from "node:path";
import type { Sql } from "postgres";
import { processesBelow } from "../../bench/processes/usage.ts";
import { readEnvFile } from "../../cli/env.ts";
import { Failure } from "../../cli/failure.ts";
import { PROJECT_DIR } from "../../cli/paths.ts";
import type { Project } from "../../cli/project.ts";
import { readLines } from "../../local/host/lines.ts";
import { findFreePort } from "../../local/host/ports.ts";
import { waitUntilGone } from "../../local/host/processes.ts";
import { SUPERUSER } from "../../local/postgres/cluster.ts";
import { connect } from "../../local/postgres/database.ts";
import type { StackAddress } from "../../local/platform/environment.ts";
import { makeTemporaryDir, removeDir } from "../../local/temporary.ts";

export interface Subject extends AsyncDisposable {
  dir: string;
  project: Project;
  dbPort: number;
  /** Connected as the superuser; connects again when Postgres is back. */
  sql: Sql;
  /** Returns the ids of its processes whose command line fits. */
  pids(command: RegExp): number[];
  /** Starts it, on the same ports and directory, and waits until it is ready. */
  start(): Promise<void>;
  /** Kills the start process at once, and with `all` everything below it. */
  kill(scope: "start" | "all"): Promise<void>;
  /** Returns what functions are told about the stack. */
  address(): StackAddress;
  /** What it said last. */
  lines: string[];
}

export const POSTGRES = /^\S*postgres\b/;
const READY = "Ctrl-C stops it";
const MAX_LINES = 40;
const END_MS = 30_000;
const EMPTY_ENV_FILE = "/dev/null";

/** Starts a stack in a directory, or in a temporary one that is deleted with it. */
export async function startSubject(
  signal: AbortSignal,
  given?: string,
): Promise<Subject> {
  const subject = await prepareSubject(signal, given);
  try {
    await subject.start();
    return subject;
  } catch (error) {
    await subject[Symbol.asyncDispose]();
    throw error;
  }
}

/** Plans a stack, and starts nothing yet. */
export async function prepareSubject(
  signal: AbortSignal,
  given?: string,
): Promise<Subject> {
  const dir = given ?? await makeTemporaryDir();
  const [apiPort, dbPort] = [findFreePort(), findFreePort()];
  const lines: string[] = [];
  const sql = connect(dbPort, SUPERUSER);
  let running: Running | undefined;
  const project = { url: `http://127.0.0.1:${apiPort}`, secretKey: "" };
  const start = async () => {
    running = spawnStack({ dir, apiPort, dbPort }, lines, signal);
    await running.ready;
    project.secretKey = environmentOf(dir)["SUPABASE_SECRET_KEY"]!;
  };
  return {
    dir,
    project,
    dbPort,
    sql,
    lines,
    start,
    pids: (command) =>
      processesBelow(running!.pid)
        .filter((one) => command.test(one.command)).map(({ pid }) => pid),
    kill: (scope) => running!.kill(scope),
    address: () => addressOf(dir, project),
    [Symbol.asyncDispose]: async () => {
      await sql.end({ timeout: 0 });
      await running?.stop();
      if (given === undefined) await removeDir(dir);
    },
  };
}

interface Running {
  pid: number;
  /** Fails if it does not start. */
  ready: Promise<void>;
  kill(scope: "start" | "all"): Promise<void>;
  stop(): Promise<void>;
}

function spawnStack(
  flags: { dir: string; apiPort: number; dbPort: number },
  kept: string[],
  signal: AbortSignal,
): Running {
  const child = new Deno.Command(Deno.execPath(), {
    args: startArguments(flags),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { "NO_COLOR": "1" },
  }).spawn();
  const isReady = Promise.withResolvers<boolean>();
  const follow = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const line of readLines(stream)) {
      if (line.endsWith(READY)) isReady.resolve(true);
      kept.push(line);
      kept.splice(0, kept.length - MAX_LINES);
    }
  };
  const ended = Promise.all([follow(child.stdout), follow(child.stderr)])
    .then(() => child.status);
  ended.finally(() => isReady.resolve(false));
  const giveUp = () => isReady.resolve(false);
  signal.addEventListener("abort", giveUp, { once: true });
  const stop = async () => {
    signalTo(child.pid, "SIGINT");
    const force = setTimeout(() => killTree(child.pid), END_MS);
    await ended;
    clearTimeout(force);
  };
  const untilReady = async () => {
    if (await isReady.promise) return;
    await stop();
    signal.throwIfAborted();
    throw new Failure(`Cannot start the stack: ${kept.slice(-5).join(" / ")}`);
  };
  const kill = async (scope: "start" | "all") => {
    if (scope === "all") await killTree(child.pid);
    else signalTo(child.pid, "SIGKILL");
    await ended;
  };
  return { pid: child.pid, ready: untilReady(), kill, stop };
}

function startArguments(
  { dir, apiPort, dbPort }: { dir: string; apiPort: number; dbPort: number },
): string[] {
  return [
    ...["run", "--quiet", "--no-check", "-A"],
    join(PROJECT_DIR, "scripts/start.ts"),
    ...["--data-dir", dir, "--env-file", EMPTY_ENV_FILE],
    ...["--api-port", String(apiPort), "--db-port", String(dbPort)],
  ];
}

/** Kills a process and all below it, and waits until none runs. */
async function killTree(root: number): Promise<void> {
  const pids = [root, ...processesBelow(root).map(({ pid }) => pid)];
  for (const pid of pids) signalTo(pid, "SIGKILL");
  await Promise.all(pids.map((pid) => waitUntilGone(pid, END_MS)));
}

/** Sends a signal; a process that has ended needs none. */
export function signalTo(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function environmentOf(dir: string): Record<string, string> {
  return readEnvFile(join(dir, "env"), "");
}

function addressOf(
  dir: string,
  { url: apiUrl }: Project,
): StackAddress {
  const env = environmentOf(dir);
  return {
    apiUrl,
    databaseUrl: env["DATABASE_URL"]!,
    keys: {
      secretKey: env["SUPABASE_SECRET_KEY"]!,
      publishableKey: env["SUPABASE_PUBLISHABLE_KEY"]!,
      signingKey: JSON.parse(env["JWT_SIGNING_KEY"]!),
    },
  };
}
