/**
 * Starts and stops the Postgres server, and the server that a killed start has
 * left behind.
 */
import { join } from "node:path";
import { Failure } from "../../cli/failure.ts";
import type { Layout } from "../host/layout.ts";
import { readLines } from "../host/lines.ts";
import { isAlive, waitUntilGone } from "../host/processes.ts";
import { programOptions } from "./server_program.ts";

const READY = "database system is ready to accept connections";
const STOP_DEADLINE_MS = 8000;

/**
 * Shell script that stops the server when its standard input closes: the server
 * ends with us, even if we are killed. It closes standard error, so that the end
 * of the log is the end of the server.
 */
const SUPERVISOR = `
"$@" </dev/null & server=$!
exec 2>/dev/null
cat
kill -INT $server
wait $server`;

export interface Server {
  /** Settled when the server has ended, for whatever reason. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/** Starts the server and waits until it accepts connections. */
export async function startServer(
  layout: Layout,
  port: number,
): Promise<Server> {
  const postgres = join(layout.binariesDir, "bin/postgres");
  const supervisor = new Deno.Command("/bin/sh", {
    ...programOptions(layout),
    args: [
      "-c",
      SUPERVISOR,
      "supervisor",
      postgres,
      ...serverArguments(layout, port),
    ],
    stdin: "piped",
  }).spawn();
  const log = await Deno.open(join(layout.dataDir, "postgres.log"), {
    create: true,
    append: true,
    mode: 0o600,
  });
  const ready = Promise.withResolvers<boolean>();
  const ended = followLog(supervisor.stderr, log, () => ready.resolve(true));
  ended.finally(() => ready.resolve(false));
  const stop = async () => {
    await supervisor.stdin.close().catch(() => {});
    const timer = setTimeout(() => stopByForce(layout), STOP_DEADLINE_MS);
    await ended;
    await supervisor.status;
    clearTimeout(timer);
  };
  if (await ready.promise) return { ended, stop };
  await stop();
  throw new Failure(
    `Cannot start Postgres: see ${join(layout.dataDir, "postgres.log")}`,
  );
}

/** Stops the server that a killed start has left running on this cluster, if any. */
export async function stopOrphan(layout: Layout): Promise<void> {
  const pid = await recordedPid(layout);
  if (pid === undefined || !await isServerOf(pid, layout)) return;
  Deno.kill(pid, "SIGINT");
  if (await waitUntilGone(pid, STOP_DEADLINE_MS)) return;
  await stopByForce(layout);
}

/** Kills a server that does not stop; the cluster recovers at the next start. */
async function stopByForce(layout: Layout): Promise<void> {
  const pid = await recordedPid(layout);
  if (pid === undefined) return;
  for (const signal of ["SIGQUIT", "SIGKILL"] as const) {
    if (!await isServerOf(pid, layout)) return;
    Deno.kill(pid, signal);
    await waitUntilGone(pid, STOP_DEADLINE_MS);
  }
}

async function recordedPid(layout: Layout): Promise<number | undefined> {
  try {
    const path = join(layout.clusterDir, "postmaster.pid");
    const pid = parseInt(await Deno.readTextFile(path));
    return Number.isNaN(pid) ? undefined : pid;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Checks the command line: the id may belong to another program by now. */
async function isServerOf(pid: number, layout: Layout): Promise<boolean> {
  if (!isAlive(pid)) return false;
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/cmdline`);
    return text.includes(layout.clusterDir);
  } catch {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-o", "args=", "-p", String(pid)],
    }).output();
    return new TextDecoder().decode(stdout).includes(layout.clusterDir);
  }
}

function serverArguments(layout: Layout, port: number): string[] {
  const settings = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "port": String(port),
    "max_connections": "100",
    // As on the platform (supabase/postgres, postgresql-platform-defaults.conf), for roles without a limit of their own.
    "statement_timeout": "2min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "track_functions": "pl",
    "shared_preload_libraries": "pg_stat_statements",
    "wal_level": "logical",
    "jit": "off",
    // A call's statement holds its headers and arguments, keys among them; an error's details hold the row.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
  };
  const flags = Object.entries(settings)
    .flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", layout.clusterDir, ...flags];
}

async function followLog(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  log: Deno.FsFile,
  onReady: () => void,
): Promise<void> {
  const encoder = new TextEncoder();
  for await (const line of readLines(stream)) {
    if (line.includes(READY)) onReady();
    await log.write(encoder.encode(`${line}\n`));
  }
  log.close();
}
