/** A program that the benchmark starts: it speaks in lines, and ends at the end of its standard input. */
import { Failure } from "../../cli/failure.ts";
import { readLines } from "../../local/host/lines.ts";

export interface Program extends AsyncDisposable {
  pid: number;
  /** The first line that it wrote. */
  greeting: string;
  /** Sends a line, and returns the line that answers it. */
  ask(line: string): Promise<string>;
}

const END_MS = 20_000;

/** Starts a program of this folder, and waits for its first line. */
export async function startProgram(
  path: string,
  env: Record<string, string> = {},
): Promise<Program> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", path],
    env: { ...env, "NO_COLOR": "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = child.stdin.getWriter();
  const lines = readLines(child.stdout);
  const next = async () => {
    const { value, done } = await lines.next();
    if (!done) return value;
    throw new Failure(`Cannot go on: ${path} has ended`);
  };
  const dispose = async () => {
    await input.close().catch(() => {}); // it has ended already
    const force = setTimeout(() => child.kill("SIGKILL"), END_MS);
    while (!(await lines.next()).done);
    await child.status;
    clearTimeout(force);
  };
  try {
    return {
      pid: child.pid,
      greeting: await next(),
      ask: async (line) => {
        await input.write(new TextEncoder().encode(`${line}\n`));
        return await next();
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
