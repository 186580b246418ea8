/**
 * Decides where the stack's files are and which user runs Postgres. Postgres
 * refuses to run as root, so for root another user of this machine runs it, and
 * its files are where that user can reach them.
 */
import { join, resolve } from "node:path";
import { Failure, reasonOf } from "../../cli/failure.ts";
import { exists, removeTree } from "./files.ts";

/** The user that runs Postgres, if not the current one. */
export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

export interface Layout {
  dataDir: string;
  /** Contains the server's binaries and its cluster. */
  serverDir: string;
  binariesDir: string;
  clusterDir: string;
  user: ServerUser | undefined;
}

/** All files of the stack in its data directory; `--fresh` deletes these and nothing else. */
const STACK_FILES = [
  "postgres",
  "cluster",
  "cluster.new",
  "env",
  "keys.json",
  "keys.json.new",
  "postgres.log",
  "functions.log",
  "stack.json",
];

/** Kept beside a stack by others: its lock, ledgers of faults and of simulations, pictures of the console. */
const NEIGHBOURS = ["lock", "faults", "simulations", "console"];

/** The file that marks a stack's directory: others are never touched. */
export const MARKER = "stack.json";

const SHARED_HOME = "/var/lib/dai-webhooks";

/** Plans the places of the files; creates the data directory, but nothing in it. */
export async function planLayout(dir: string): Promise<Layout> {
  const user = Deno.uid() === 0 ? await findServerUser() : undefined;
  const mode = user ? 0o711 : 0o700;
  await Deno.mkdir(dir, { recursive: true, mode }).catch((error) => {
    throw new Failure(
      `Cannot create ${resolve(dir)}: ${reasonOf(error)}; ` +
        "choose another directory with --data-dir",
    );
  });
  const dataDir = await Deno.realPath(dir);
  const serverDir = await findServerDir(dataDir, user);
  return {
    dataDir,
    serverDir,
    binariesDir: join(serverDir, "postgres"),
    clusterDir: join(serverDir, "cluster"),
    user,
  };
}

/** Refuses a directory with files that are not the stack's. */
export async function refuseForeignDir(dir: string): Promise<void> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(dir)) names.push(entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof Deno.errors.NotADirectory) {
      throw new Failure(`Cannot use ${resolve(dir)}: it is not a directory`);
    }
    throw error;
  }
  const foreign = names.filter((name) => !NEIGHBOURS.includes(name));
  if (foreign.length > 0 && !names.includes(MARKER)) {
    throw new Failure(
      `Cannot use ${resolve(dir)}: it has files that the local stack did not ` +
        "make; choose another directory with --data-dir",
    );
  }
}

/** Deletes the stack's files, and only those. */
export async function deleteState(layout: Layout): Promise<void> {
  for (const name of STACK_FILES) await removeTree(join(layout.dataDir, name));
  if (layout.serverDir !== layout.dataDir) await removeTree(layout.serverDir);
}

async function findServerUser(): Promise<ServerUser> {
  const accounts = await Deno.readTextFile("/etc/passwd");
  for (const name of ["postgres", "nobody"]) {
    const line = accounts.split("\n").find((l) => l.startsWith(`${name}:`));
    const [, , uid, gid] = line?.split(":") ?? [];
    if (uid && gid) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Failure(
    "Cannot run Postgres as root: this machine has neither a user postgres " +
      "nor nobody; start the stack as an ordinary user",
  );
}

async function findServerDir(
  dataDir: string,
  user: ServerUser | undefined,
): Promise<string> {
  if (!user) return dataDir;
  const elsewhere = join(SHARED_HOME, await digestOf(dataDir));
  // It stays where it was, even if the directory has been made accessible since.
  if (await exists(elsewhere)) return elsewhere;
  return await canEnter(user, dataDir) ? dataDir : elsewhere;
}

/** Tries it as that user: modes, groups and mounts all matter. */
async function canEnter(user: ServerUser, dir: string): Promise<boolean> {
  const { success } = await new Deno.Command("/bin/sh", {
    args: ["-c", 'cd -- "$1"', "sh", dir],
    cwd: "/",
    uid: user.uid,
    gid: user.gid,
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

async function digestOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex().slice(0, 16);
}
