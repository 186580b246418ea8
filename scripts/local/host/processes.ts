/** Looks at processes by their id. */

const POLL_MS = 10;

/** Returns whether a process with this id runs. */
export function isAlive(pid: number): boolean {
  if (isZombie(pid)) return false;
  try {
    // SIGCONT has no effect on a running process, but fails if there is none.
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch (error) {
    return error instanceof Deno.errors.PermissionDenied;
  }
}

/** Waits for a process to end; returns false if it still runs after `timeoutMs`. */
export async function waitUntilGone(
  pid: number,
  timeoutMs: number,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}

/** Returns whether a process has ended, but nobody has collected it: a container may have no init process. */
function isZombie(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}
