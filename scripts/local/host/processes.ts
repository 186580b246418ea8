/** Looks at processes by their number. */

const POLL_MS = 10;

/** Whether a process of this number runs. */
export function isAlive(pid: number): boolean {
  if (isZombie(pid)) return false;
  try {
    // SIGCONT does nothing to a running process, but tells whether there is one.
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch (error) {
    return error instanceof Deno.errors.PermissionDenied;
  }
}

/** Waits for a process to end; false if it still runs after `timeoutMs`. */
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

/** A container without an init process never collects its dead. */
function isZombie(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}
