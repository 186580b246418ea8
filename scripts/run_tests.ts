/**
 * Runs every test of the project against a stack of its own, and ends with one
 * line that counts them. Arguments are passed on to `deno test`.
 */
import { join } from "node:path";
import { clientEnvironment } from "./local/environment.ts";
import { Failure } from "./local/failure.ts";
import { PROJECT_DIR } from "./local/layout.ts";
import type { Stack } from "./local/stack.ts";
import { untilStopped } from "./local/stopping.ts";
import { startTemporaryStack } from "./local/temporary.ts";
import { countTests, type TestCount } from "./local/test_report.ts";
import { say } from "./local/terminal.ts";

/** As shells have it for a command that Ctrl-C ended. */
const INTERRUPTED = 130;
const LOG_LINES = 40;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const stopping = new AbortController();
  untilStopped().then(() => stopping.abort());
  const { signal } = stopping;
  try {
    const stack = await startTemporaryStack({ signal, onStep: say });
    const count = await runTests(stack, args, signal)
      .finally(() => stack.close());
    if (signal.aborted) return INTERRUPTED;
    say(summaryOf(count));
    return count.failed === 0 && count.passed > 0 ? 0 : 1;
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    if (!(error instanceof Failure)) throw error;
    say(error.message);
    say("0 passed, 1 failed");
    return 1;
  }
}

async function runTests(
  stack: Stack,
  args: string[],
  signal: AbortSignal,
): Promise<TestCount> {
  const report = join(stack.dataDir, "tests.xml");
  // Whatever tests leave behind when they are cut off goes with the stack.
  const temporary = join(stack.dataDir, "tmp");
  await Deno.mkdir(temporary, { mode: 0o711 });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", `--junit-path=${report}`, ...args],
    cwd: PROJECT_DIR,
    env: { ...testEnvironment(stack), "TMPDIR": temporary },
    signal,
  }).spawn();
  const { success } = await child.status;
  const count = await countTests(report);
  if (!success && !signal.aborted) await showLog(stack.dataDir);
  // What failed outside of any test (a module that does not compile) failed too.
  if (!success && count.failed === 0) count.failed = 1;
  return count;
}

/** What tests may rely on. */
function testEnvironment(stack: Stack): Record<string, string> {
  const { apiUrl, databaseUrl, dataDir } = stack;
  return {
    ...clientEnvironment({ apiUrl, databaseUrl, keys: stack }),
    "STACK_DATA_DIR": dataDir,
  };
}

/** The functions' last words: their log goes with the stack. */
async function showLog(dataDir: string): Promise<void> {
  const log = await Deno.readTextFile(join(dataDir, "functions.log"));
  const lines = log.trimEnd().split("\n").slice(-LOG_LINES);
  say(["The functions' last lines:", ...lines].join("\n"));
}

function summaryOf({ passed, failed, skipped }: TestCount): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}
