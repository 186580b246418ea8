/** Measures an isolate's CPU time from outside, where a busy loop cannot hide it. */

/** Linux reports CPU time in hundredths of a second (`man 5 proc`, USER_HZ). */
const TICK_MS = 10;

/**
 * Returns the milliseconds of CPU time that a function's process has used, or undefined if it
 * has ended. As on the platform, only the main thread counts, which runs the function's code;
 * on systems other than Linux V8's helper threads count, too.
 */
export async function cpuTimeOf(pid: number): Promise<number | undefined> {
  return Deno.build.os === "linux"
    ? readThreadTime(pid)
    : await askProcessTime(pid);
}

function readThreadTime(pid: number): number | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/stat`);
    // From the third field on: the second is the program's name, which may contain anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [user, system] = fields.slice(11, 13).map(Number);
    return (user! + system!) * TICK_MS;
  } catch {
    return undefined;
  }
}

async function askProcessTime(pid: number): Promise<number | undefined> {
  const { success, stdout } = await new Deno.Command("ps", {
    args: ["-o", "cputime=", "-p", String(pid)],
    stderr: "null",
  }).output();
  if (!success) return undefined;
  return parseTime(new TextDecoder().decode(stdout).trim());
}

/** Parses the time of `ps`, `[[days-]hours:]minutes:seconds[.hundredths]`, into milliseconds. */
export function parseTime(text: string): number {
  const [clock, days = "0"] = text.split("-").reverse() as [string, string?];
  const seconds = clock.split(":").reduce(
    (sum, part) => sum * 60 + Number(part),
    0,
  );
  return Math.round((Number(days) * 86_400 + seconds) * 1000);
}
