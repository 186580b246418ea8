/**
 * Where the stack keeps its files, and as whom Postgres runs. Postgres refuses
 * to run as root, so as root it runs as another user of this machine, and lies
 * where that user can reach it.
 */
import { join, resolve } from "node:path";
import { Failure, reasonOf } from "../../cli/failure.ts";

/** The user that Postgres runs as, where that is not ourselves. */
export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

export interface Layout {
  dataDir: string;
  /** Holds the server's binaries and its cluster. */
  serverDir: string;
  binariesDir: string;
  clusterDir: string;
  user: ServerUser | undefined;
}

/** Everything that the stack makes in its data directory; `--fresh` deletes these and nothing else. */
export const MADE_HERE = [
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

/** Its presence says that the directory is a stack's: a directory of the user's is never touched. */
export const MARKER = "stack.json";

const SHARED_HOME = "/var/lib/dai-webhooks";

/** Decides where files lie; makes the data directory, but nothing in it. */
export async function planLayout(dir: string): Promise<Layout> {
  const user = Deno.uid() === 0 ? await findServerUser() : undefined;
  const mode = user ? 0o711 : 0o700;
  await Deno.mkdir(dir, { recursive: true, mode }).catch((error) => {
    throw new Failure(
      `Cannot make ${resolve(dir)}: ${reasonOf(error)}; ` +
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

/** Refuses a directory that holds somebody else's files. */
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
  const foreign = names.filter((name) => name !== "lock");
  if (foreign.length > 0 && !names.includes(MARKER)) {
    throw new Failure(
      `Cannot use ${resolve(dir)}: it has files that the local stack did not ` +
        "make; choose another directory with --data-dir",
    );
  }
}

/** Deletes what the stack made, and only that. */
export async function deleteState(layout: Layout): Promise<void> {
  for (const name of MADE_HERE) await removeTree(join(layout.dataDir, name));
  if (layout.serverDir !== layout.dataDir) await removeTree(layout.serverDir);
}

/** Deletes a file or a directory with all in it; absent is fine. */
export async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Whether there is anything at this path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
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
  // Where it once lay it stays, even if the directory has been opened since.
  if (await exists(elsewhere)) return elsewhere;
  return await canEnter(user, dataDir) ? dataDir : elsewhere;
}

/** Asks the system itself, since modes, groups and mounts all have a say. */
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
