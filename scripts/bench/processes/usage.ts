/** CPU time and memory of processes, as Linux reports them; nothing on other systems. */

/** Linux reports CPU time in hundredths of a second (`man 5 proc`, USER_HZ). */
const TICK_MS = 10;

/** The parts of what runs, whose CPU time is counted apart. */
export const PARTS = ["function", "platform", "postgres", "rival"] as const;
export type Part = (typeof PARTS)[number];
export type CpuTimes = Record<Part, number>;

interface Stat {
  pid: number;
  parent: number;
  /** CPU time of the process itself. */
  own: number;
  /** CPU time of its children that have ended. */
  ended: number;
}

/** Returns the milliseconds of CPU time of one process; undefined if it has ended. */
export function processTime(pid: number): number | undefined {
  return readStat(pid)?.own;
}

/** Returns the milliseconds of CPU time of the descendants of a process, by part. */
export function cpuTimes(root: number): CpuTimes {
  const times: CpuTimes = { function: 0, platform: 0, postgres: 0, rival: 0 };
  const stats = readStats();
  const byParent = Map.groupBy(stats, ({ parent }) => parent);
  const add = (pid: number) => {
    for (const stat of byParent.get(pid) ?? []) {
      const command = commandOf(stat.pid);
      const part = partOf(command);
      if (part) times[part] += stat.own;
      // Its ended backends count: the postmaster collects their times.
      if (part === "postgres") times.postgres += stat.ended;
      add(stat.pid);
    }
  };
  add(root);
  return times;
}

/** Returns the descendants of a process that are of this part. */
export function descendantsOf(root: number, part: Part): number[] {
  return processesBelow(root)
    .filter(({ command }) => partOf(command) === part)
    .map(({ pid }) => pid);
}

/** Returns the descendants of a process with their command lines, parents first. */
export function processesBelow(
  root: number,
): { pid: number; command: string }[] {
  const byParent = Map.groupBy(readStats(), ({ parent }) => parent);
  const below = (pid: number): number[] =>
    (byParent.get(pid) ?? []).flatMap((stat) => [stat.pid, ...below(stat.pid)]);
  return below(root).map((pid) => ({ pid, command: commandOf(pid) }));
}

/** Tells the part by a process's command line; undefined for the load generator and others that do not serve. */
export function partOf(command: string): Part | undefined {
  if (/^\S*postgres\b/.test(command)) return "postgres";
  if (/isolate_main\.ts/.test(command)) {
    return /\/webhook\/index\.ts/.test(command) ? "function" : undefined;
  }
  if (/bench\/rivals\//.test(command)) return "rival";
  if (/\bsh -c|\/load_main\.ts/.test(command)) return undefined;
  return "platform";
}

/** Returns the resident memory of a process in MB, now and at most; undefined if it has ended. */
export function memoryOf(
  pid: number,
): { now: number; peak: number } | undefined {
  const text = readOr(`/proc/${pid}/status`);
  const kb = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text ?? "")?.[1]);
  if (!text) return undefined;
  return { now: kb("VmRSS") / 1024, peak: kb("VmHWM") / 1024 };
}

function readStats(): Stat[] {
  if (Deno.build.os !== "linux") return [];
  return [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    return stat ? [stat] : [];
  });
}

function readStat(pid: number): Stat | undefined {
  const text = readOr(`/proc/${pid}/stat`);
  if (!text) return undefined;
  // From the third field on: the second is the program's name, which may contain anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields
    .slice(11, 15);
  return {
    pid,
    parent: fields[1]!,
    own: (user + system) * TICK_MS,
    ended: (endedUser + endedSystem) * TICK_MS,
  };
}

function commandOf(pid: number): string {
  return (readOr(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " ");
}

/** Processes may end at any time: then there is nothing to read. */
function readOr(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
