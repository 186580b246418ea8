/**
 * Starts and stops the Postgres server, and the server that a killed start has
 * left behind.
 */
import { join } from "node:path";
import { Failure } from "../../../cli/failure.ts";
import type { Layout } from "../../host/layout.ts";
import { readLines } from "../../host/lines.ts";
import {
  type FullDiskNotice,
  type LogFile,
  openLogFile,
} from "../../host/log.ts";
import { waitUntilGone } from "../../host/processes.ts";
import { releaseDeadLock, runningServer } from "./lock_file.ts";
import { programOptions } from "./program.ts";

const READY = "database system is ready to accept connections";
/** The reason of an end, but not what a server answers to those who connect too early. */
const FATAL = /(?:FATAL|PANIC): +(?! |the database system is )(.+)/;
const FULL = "No space left on device";
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
  ended: Promise<EndFailure>;
  stop(): Promise<void>;
}

/** The end of a server that was not stopped, or that did not start. */
export class EndFailure extends Failure {
  constructor(message: string, readonly isDiskFull: boolean) {
    super(message);
  }
}

/** Starts the server and waits until it accepts connections. */
export async function startServer(
  layout: Layout,
  port: number,
  onFull: FullDiskNotice = () => {},
): Promise<Server> {
  await stopOrphan(layout);
  await releaseDeadLock(layout);
  const postgres = join(layout.binariesDir, "bin/postgres");
  const logPath = join(layout.dataDir, "postgres.log");
  const log = await openLogFile(logPath, onFull);
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
  const { isReady, lastWords } = follow(supervisor.stderr, log, onFull);
  const ended = lastWords.then(({ isDiskFull }) =>
    new EndFailure(`Postgres ended by itself: see ${logPath}`, isDiskFull)
  );
  const stop = async () => {
    await supervisor.stdin.close().catch(() => {});
    const timer = setTimeout(() => stopByForce(layout), STOP_DEADLINE_MS);
    await ended;
    await supervisor.status;
    clearTimeout(timer);
  };
  if (await isReady) return { ended, stop };
  await stop();
  const { reason, isDiskFull } = await lastWords;
  throw new EndFailure(
    `Cannot start Postgres: ${reason}; see ${logPath}`,
    isDiskFull,
  );
}

/** What a server says of its end. */
interface LastWords {
  reason: string;
  isDiskFull: boolean;
}

/** What a server's output tells. */
interface Output {
  /** false if the server ends instead. */
  isReady: Promise<boolean>;
  /** Settled when the server has ended. */
  lastWords: Promise<LastWords>;
}

function follow(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  log: LogFile,
  onFull: FullDiskNotice,
): Output {
  const ready = Promise.withResolvers<boolean>();
  const read = async () => {
    let reason = "it ended";
    let isDiskFull = false;
    for await (const line of readLines(stream)) {
      if (line.includes(READY)) ready.resolve(true);
      reason = FATAL.exec(line)?.[1] ?? reason;
      if (line.includes(FULL)) {
        isDiskFull = true;
        onFull();
      }
      log.write(line);
    }
    log.close();
    return { reason, isDiskFull };
  };
  const lastWords = read().finally(() => ready.resolve(false));
  return { isReady: ready.promise, lastWords };
}

/** Stops the server that a killed start has left running on this cluster, if any. */
export async function stopOrphan(layout: Layout): Promise<void> {
  const pid = await runningServer(layout);
  if (pid === undefined) return;
  Deno.kill(pid, "SIGINT");
  if (await waitUntilGone(pid, STOP_DEADLINE_MS)) return;
  await stopByForce(layout);
}

/** Kills a server that does not stop; the cluster recovers at the next start. */
async function stopByForce(layout: Layout): Promise<void> {
  for (const signal of ["SIGQUIT", "SIGKILL"] as const) {
    const pid = await runningServer(layout);
    if (pid === undefined) return;
    Deno.kill(pid, signal);
    await waitUntilGone(pid, STOP_DEADLINE_MS);
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
    // Before it recovers, Postgres makes every file durable: one by one, a busy disk takes seconds.
    "recovery_init_sync_method": Deno.build.os === "linux" ? "syncfs" : "fsync",
    // A call's statement holds its headers and arguments, keys among them; an error's details hold the row.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
  };
  const flags = Object.entries(settings)
    .flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", layout.clusterDir, ...flags];
}
