/**
 * Runs the Postgres server: makes its cluster, starts it, stops it, and finds
 * the server that a killed start has left behind.
 */
import { join } from "node:path";
import { Failure } from "./failure.ts";
import { type Layout, removeTree } from "./layout.ts";
import { readLines } from "./lines.ts";
import { isAlive, waitUntilGone } from "./processes.ts";

/** The local password of every role that may log in, as the Supabase CLI's database has it. */
export const PASSWORD = "postgres";
export const SUPERUSER = "supabase_admin";

const READY = "database system is ready to accept connections";

export interface Server {
  port: number;
  pid: number;
  /** Settled when the server has ended, by us or by itself. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/** Makes the cluster if there is none. */
export async function makeCluster(layout: Layout): Promise<void> {
  if (await hasCluster(layout)) return;
  // Made beside its place, then renamed: a start that is cut off leaves no half cluster.
  const dir = `${layout.clusterDir}.new`;
  await removeTree(dir);
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
  if (layout.user) await Deno.chown(dir, layout.user.uid, layout.user.gid);
  const passwordFile = join(layout.binariesDir, "password");
  await Deno.writeTextFile(passwordFile, PASSWORD, { mode: 0o644 });
  const { success, stderr } = await command(layout, "initdb", [
    `--pgdata=${dir}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    // Only initdb's own files; the server itself keeps fsync on.
    "--no-sync",
  ]).output();
  if (!success) {
    const reason = new TextDecoder().decode(stderr).trim();
    throw new Failure(`Cannot make the database cluster: ${reason}`);
  }
  await Deno.rename(dir, layout.clusterDir);
}

/** Whether the data directory has a database already. */
export async function hasCluster(layout: Layout): Promise<boolean> {
  return await clusterMajor(layout) !== undefined;
}

/** The major version that the cluster was made by. */
export async function clusterMajor(
  layout: Layout,
): Promise<string | undefined> {
  try {
    const path = join(layout.clusterDir, "PG_VERSION");
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Starts the server and waits until it answers. */
export async function startServer(
  layout: Layout,
  port: number,
): Promise<Server> {
  const child = command(layout, "postgres", serverArguments(layout, port))
    .spawn();
  const log = await Deno.open(join(layout.dataDir, "postgres.log"), {
    create: true,
    append: true,
    mode: 0o600,
  });
  const ready = Promise.withResolvers<boolean>();
  const logged = followLog(child.stderr, log, () => ready.resolve(true));
  const ended = child.status.then(() => logged);
  ended.finally(() => ready.resolve(false));
  if (!await ready.promise) {
    throw new Failure(
      `Cannot start Postgres: see ${join(layout.dataDir, "postgres.log")}`,
    );
  }
  return { port, pid: child.pid, ended, stop: () => stopServer(child.pid) };
}

/** Stops the server that a killed start has left on this cluster, if any. */
export async function stopOrphan(layout: Layout): Promise<void> {
  const pid = await recordedPid(layout);
  if (pid === undefined || !await isServerOf(pid, layout)) return;
  await stopServer(pid);
}

async function stopServer(pid: number): Promise<void> {
  // Fast, then immediate, then by force: whatever happens, nothing stays behind.
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (!isAlive(pid)) return;
    Deno.kill(pid, signal);
    if (await waitUntilGone(pid, 8000)) return;
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

/** The number may meanwhile be another program's: its command line tells. */
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
    "timezone": "UTC",
    "log_timezone": "UTC",
    "track_functions": "pl",
    "shared_preload_libraries": "pg_stat_statements",
    "wal_level": "logical",
    "jit": "off",
  };
  const flags = Object.entries(settings)
    .flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", layout.clusterDir, ...flags];
}

/** One of the server's programs, in a session of its own: Ctrl-C is for us to pass on. */
function command(layout: Layout, name: string, args: string[]): Deno.Command {
  return new Deno.Command(join(layout.binariesDir, "bin", name), {
    args,
    cwd: "/",
    clearEnv: true,
    env: { "LANG": "C", "PATH": "/usr/bin:/bin" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    detached: true,
    ...(layout.user && { uid: layout.user.uid, gid: layout.user.gid }),
  });
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
