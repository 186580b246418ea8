/**
 * The server's lock file, `postmaster.pid`: which server runs on the cluster, or
 * which one has died there without deleting it.
 */
import { join } from "node:path";
import { removeTree } from "../../host/files.ts";
import type { Layout } from "../../host/layout.ts";
import { isAlive } from "../../host/processes.ts";

/** Returns the id of the server that runs on this cluster, if one does. */
export async function runningServer(
  layout: Layout,
): Promise<number | undefined> {
  const pid = parseInt(await readLockFile(layout) ?? "");
  return await isServerOf(pid, layout) ? pid : undefined;
}

/**
 * Deletes a lock file whose server is dead. Postgres does so itself, but not if another process
 * has the id by now, if nobody has collected the dead one (in a container that may stay so for
 * ever), or if the file is cut off. It still refuses to start beside backends of the dead server.
 */
export async function releaseDeadLock(layout: Layout): Promise<void> {
  if (await runningServer(layout) === undefined) {
    await removeTree(lockFile(layout));
  }
}

function lockFile(layout: Layout): string {
  return join(layout.clusterDir, "postmaster.pid");
}

async function readLockFile(layout: Layout): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(lockFile(layout));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Checks the command line: the id may belong to another program by now. */
async function isServerOf(pid: number, layout: Layout): Promise<boolean> {
  if (Number.isNaN(pid) || !isAlive(pid)) return false;
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
