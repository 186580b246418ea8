/** Ends a command in good order: on a signal, or when its launcher is gone. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const POLL_MS = 500;
const MAX_ANCESTORS = 6;

/**
 * Runs work with a signal that is aborted when the command is to stop. Returns undefined if it
 * was: an error of the work is then only a consequence.
 */
export async function runUntilStopped<T>(
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const stopping = new AbortController();
  untilStopped().then(() => stopping.abort());
  try {
    return await work(stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
}

/** Resolves at the first reason to stop; later signals are ignored, so that stopping is not interrupted. */
function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of SIGNALS) Deno.addSignalListener(signal, resolve);
  const launchers = findLaunchers();
  const timer = setInterval(() => {
    if (launchers.some(({ pid, parent }) => parentOf(pid) !== parent)) {
      resolve();
    }
  }, POLL_MS);
  Deno.unrefTimer(timer);
  return promise.finally(() => clearInterval(timer));
}

/** A process, ours or a launcher's, and the launcher that started it. */
interface Link {
  pid: number;
  parent: number;
}

/**
 * Returns the chain from this process up to `npx` or `deno task`: killed alone,
 * these would leave us running unseen. A shell further up may end: that is how
 * a command is started in the background.
 */
function findLaunchers(): Link[] {
  const chain: Link[] = [];
  let known = 0;
  let pid = Deno.pid;
  for (let i = 0; i < MAX_ANCESTORS; i++) {
    const parent = parentOf(pid);
    if (parent === undefined || parent <= 1) break;
    chain.push({ pid, parent });
    const command = commandOf(parent);
    if (/^\S*deno task /.test(command)) known = chain.length;
    if (/^(npm|npx) |\/(npm|npx)(-cli\.js)? /.test(command)) {
      known = chain.length;
      break;
    }
    pid = parent;
  }
  return chain.slice(0, known);
}

function parentOf(pid: number): number | undefined {
  if (pid === Deno.pid) return Deno.ppid;
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

function commandOf(pid: number): string {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/cmdline`);
    return text.replaceAll("\0", " ");
  } catch {
    return "";
  }
}
