/** Tells when to stop: by a signal, or because who started us is gone. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const LOOK_EVERY_MS = 500;
const MAX_ANCESTORS = 6;

/** Resolves at the first reason to stop; later signals do nothing, so that stopping is not cut off. */
export function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of SIGNALS) Deno.addSignalListener(signal, resolve);
  const launchers = findLaunchers();
  const timer = setInterval(() => {
    if (launchers.some(({ pid, parent }) => parentOf(pid) !== parent)) {
      resolve();
    }
  }, LOOK_EVERY_MS);
  Deno.unrefTimer(timer);
  return promise.finally(() => clearInterval(timer));
}

/** A process of ours or a launcher's, and the launcher that it was started by. */
interface Link {
  pid: number;
  parent: number;
}

/**
 * The chain from us up to `npx` or `deno task`. Killed alone, these leave us
 * running unseen. A shell further up may go: that is how one starts in the
 * background.
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
