/**
 * Runs the tests of the project against stacks of their own, and prints their
 * number last. Arguments are passed on to `deno test`.
 */
import { join } from "node:path";
import { Failure } from "./cli/failure.ts";
import { PROJECT_DIR } from "./cli/paths.ts";
import { print } from "./cli/print.ts";
import { runCommand } from "./cli/run_command.ts";
import { runUntilStopped } from "./local/host/stopping.ts";
import { clientEnvironment } from "./local/platform/environment.ts";
import type { Stack } from "./local/stack.ts";
import { startTemporaryStack } from "./local/temporary.ts";
import { countTests, noTests, type TestCount } from "./testing/test_report.ts";

/** A shell's exit code for a command that Ctrl-C ended. */
const INTERRUPTED = 130;
const LOG_LINES = 40;
const TEST_DIRS = ["supabase/functions", "scripts", "tests"];
const LANES = 2;

const USAGE = `Usage: deno task test [file or folder…] [options of deno test]

Runs all tests, or those of the files given, against a stack of their own.
For example: deno task test tests/webhook/webhook_test.ts --filter duplicate`;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number | void> {
  if (args.includes("--help")) return print(USAGE);
  const lanes = args.length ? [args] : await planLanes();
  const counts = await runUntilStopped((signal) => runAll(lanes, signal));
  if (!counts) return INTERRUPTED;
  const count = counts.reduce(add);
  for (const failure of count.failures) print(`Failed: ${failure}`);
  print(summaryOf(count));
  return count.failed === 0 && count.passed > 0 ? 0 : 1;
}

/** Runs the lanes; a stack that cannot start counts as a failed test. */
async function runAll(
  lanes: string[][],
  signal: AbortSignal,
): Promise<TestCount[]> {
  try {
    const counts = await runLanes(lanes, signal);
    signal.throwIfAborted();
    return counts;
  } catch (error) {
    if (signal.aborted || !(error instanceof Failure)) throw error;
    print(error.message);
    return [{ ...noTests(), failed: 1 }];
  }
}

/**
 * Returns all test files in lanes that run side by side: most tests wait more than
 * they work. Each lane has its own stack, since some tests change the whole project.
 */
async function planLanes(): Promise<string[][]> {
  const found = await Promise.all(TEST_DIRS.map(findTests));
  const files = found.flat().sort();
  return Array.from(
    { length: LANES },
    (_, lane) => files.filter((_, place) => place % LANES === lane),
  );
}

async function findTests(dir: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(PROJECT_DIR, dir)));
  const found = await Promise.all(
    entries.map(({ name, isDirectory }) => {
      const path = join(dir, name);
      if (isDirectory) return findTests(path);
      return name.endsWith("_test.ts") ? [path] : [];
    }),
  );
  return found.flat();
}

/** Shows the first lane while it runs, and the others when it has ended. */
async function runLanes(
  lanes: string[][],
  signal: AbortSignal,
): Promise<TestCount[]> {
  const shown = Promise.withResolvers<void>();
  const [first, ...others] = lanes.map(async (args, lane) => {
    const stack = await startTemporaryStack({
      signal,
      ...(lane === 0 && { onStep: print }),
    });
    const show = lane === 0 ? undefined : shown.promise;
    return await runTests(stack, args, signal, show)
      .finally(() => stack.close());
  });
  const count = await first!.finally(() => shown.resolve());
  return [count, ...await Promise.all(others)];
}

function add(one: TestCount, other: TestCount): TestCount {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    failures: [...one.failures, ...other.failures],
  };
}

async function runTests(
  stack: Stack,
  args: string[],
  signal: AbortSignal,
  showAfter?: Promise<void>,
): Promise<TestCount> {
  const report = join(stack.dataDir, "tests.xml");
  // Leftovers of interrupted tests are deleted along with the stack.
  const temporary = join(stack.dataDir, "tmp");
  await Deno.mkdir(temporary, { mode: 0o711 });
  const child = new Deno.Command(Deno.execPath(), {
    // `deno task check` checks the types.
    args: ["test", "-A", "--no-check", `--junit-path=${report}`, ...args],
    cwd: PROJECT_DIR,
    env: { ...testEnvironment(stack), "TMPDIR": temporary },
    stdout: showAfter ? "piped" : "inherit",
    stderr: showAfter ? "piped" : "inherit",
    signal,
  }).spawn();
  if (showAfter) await showLater(child, showAfter);
  const { success } = await child.status;
  const count = await countTests(report);
  if (!success && !signal.aborted) await showLog(stack.dataDir);
  // A failure outside any test counts, such as a module that does not compile.
  if (!success && count.failed === 0) count.failed = 1;
  return count;
}

async function showLater(
  child: Deno.ChildProcess,
  after: Promise<void>,
): Promise<void> {
  const { stdout, stderr } = await child.output();
  await after;
  await Deno.stdout.write(stdout);
  await Deno.stderr.write(stderr);
}

/** Returns the variables that tests may rely on. */
function testEnvironment(stack: Stack): Record<string, string> {
  const { apiUrl, databaseUrl, dataDir } = stack;
  return {
    ...clientEnvironment({ apiUrl, databaseUrl, keys: stack }),
    "STACK_DATA_DIR": dataDir,
  };
}

/** Prints the end of the functions' log, which is deleted along with the stack. */
async function showLog(dataDir: string): Promise<void> {
  const log = await Deno.readTextFile(join(dataDir, "functions.log"));
  const lines = log.trimEnd().split("\n").slice(-LOG_LINES);
  print(["The functions' last lines:", ...lines].join("\n"));
}

function summaryOf({ passed, failed, skipped }: TestCount): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}
