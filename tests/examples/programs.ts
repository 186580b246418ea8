/** The examples of workers, each copied out of the repository and run as its users run it. */
import { join } from "node:path";
import { PROJECT_DIR } from "../../scripts/cli/paths.ts";
import { openDatabase, until } from "../support/project.ts";

export interface Program {
  name: string;
  /** Prepares its folder, and returns the command that runs it there. */
  command: (dir: string) => Promise<[program: string, ...args: string[]]>;
  isHere: boolean;
}

export function isHere(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null" })
      .outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Lays out the packages of a `package.json` from Deno's cache, as `npm install` would. */
async function installPackages(dir: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--node-modules-dir=auto"],
    cwd: dir,
    stdout: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

export const PROGRAMS: Program[] = [
  {
    name: "deno",
    command: () =>
      Promise.resolve([
        Deno.execPath(),
        "run",
        "-A",
        "--no-config",
        "worker.ts",
      ]),
    isHere: true,
  },
  {
    name: "node",
    command: async (dir) => {
      await installPackages(dir);
      return ["node", "worker.mjs"];
    },
    isHere: isHere("node"),
  },
  {
    name: "python",
    command: () => Promise.resolve(["python3", "worker.py"]),
    isHere: isHere("python3"),
  },
];

export interface Order {
  order_id: string;
  account: string;
  position: number;
}

/** An example in a folder of its own. */
export interface Installed extends AsyncDisposable {
  start(stderr?: "null" | "piped"): Deno.ChildProcess;
  orders(): Order[];
  /** Leaves half a line in the book, as a crash may. */
  tearBook(): void;
}

export async function install(
  program: Program,
  env: Record<string, string>,
): Promise<Installed> {
  const dir = await Deno.makeTempDir();
  for (
    const { name } of Deno.readDirSync(
      join(PROJECT_DIR, "examples", program.name),
    )
  ) {
    if (!/\.(ts|mjs|py|json)$/.test(name)) continue;
    await Deno.copyFile(
      join(PROJECT_DIR, "examples", program.name, name),
      join(dir, name),
    );
  }
  const [executable, ...args] = await program.command(dir);
  const book = join(dir, "state/orders.jsonl");
  const running: Deno.ChildProcess[] = [];
  return {
    start(stderr = "null") {
      const child = new Deno.Command(executable, {
        args,
        cwd: dir,
        env: { "WAIT_SECONDS": "2", ...env },
        stdout: "null",
        stderr,
      }).spawn();
      running.push(child);
      return child;
    },
    orders: () =>
      Deno.readTextFileSync(book).trimEnd().split("\n").map((line) =>
        JSON.parse(line)
      ),
    tearBook: () =>
      Deno.writeTextFileSync(book, '{"order_id":"to', { append: true }),
    async [Symbol.asyncDispose]() {
      for (const child of running) {
        try {
          child.kill("SIGKILL");
        } catch (error) {
          if (!(error instanceof TypeError)) throw error; // it has ended
        }
        await child.status;
      }
      await Deno.remove(dir, { recursive: true });
    },
  };
}

export interface Outcome {
  signal_id: string;
  outcome: string;
  reads: number;
  error: string | null;
  result: unknown;
}

/** Waits until so many signals of a queue have left it; returns what became of them. */
export async function untilSettled(
  queue: string,
  count: number,
): Promise<Outcome[]> {
  await using database = openDatabase();
  let outcomes: Outcome[] = [];
  const deadline = performance.now() + 90_000;
  while (outcomes.length < count && performance.now() < deadline) {
    const before = outcomes.length;
    await until(async () => {
      outcomes = await database.sql<Outcome[]>`
        select signal_id, outcome, reads, error, result from queue_outcomes where queue = ${queue}`;
      return outcomes.length > before;
    }, `${count} settled signals, ${before} are`);
  }
  return outcomes;
}
