/**
 * Starts the local stack, prints its URLs and keys, and stops it on Ctrl-C.
 * Usage: see `--help`.
 */
import { relative } from "node:path";
import type { Kit } from "../supabase/functions/_shared/provision_api/strategy.ts";
import { Failure } from "./cli/failure.ts";
import { callerDir } from "./cli/paths.ts";
import { print, printError } from "./cli/print.ts";
import { runCommand } from "./cli/run_command.ts";
import { findExample } from "./local/example.ts";
import { type Flags, readFlags, USAGE } from "./local/flags.ts";
import { runUntilStopped } from "./local/host/stopping.ts";
import { type Stack, startStack } from "./local/stack.ts";

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const flags = readFlags(args);
  if (flags.help) return print(USAGE);
  // Also while it starts: a Ctrl-C must not leave a half-started Postgres running.
  await runUntilStopped((signal) => run(flags, signal));
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const stopped = Promise.withResolvers<undefined>();
  signal.addEventListener("abort", () => {
    print("Stopping …");
    stopped.resolve(undefined);
  });
  const stack = await start(flags, signal);
  const failure = await Promise.race([stopped.promise, stack.databaseEnded]);
  await stack.close();
  if (failure) throw failure;
}

async function start(flags: Flags, signal: AbortSignal): Promise<Stack> {
  let isShown = false;
  // Until then the functions log our own calls, which functions.log has too.
  const onLine = (name: string, line: string) => {
    if (isShown) print(`${name}: ${line}`);
  };
  const stack = await startStack({
    ...flags,
    signal,
    reload: true,
    onStep: print,
    onLine,
  });
  try {
    show(stack, await findExample({ ...stack, url: stack.apiUrl }));
  } catch (error) {
    // The stack itself is up, and its user may be changing `provision`.
    if (!(error instanceof Failure)) throw error;
    printError(error.message);
    show(stack);
  }
  isShown = true;
  return stack;
}

function show(stack: Stack, kit?: Kit): void {
  print("");
  print(`API:            ${stack.apiUrl}`);
  print(`Database:       ${stack.databaseUrl}`);
  print(`Keys:           ${relativeToCaller(`${stack.dataDir}/env`)}`);
  if (kit) {
    print(`Dedicated URL:  ${kit.urls.dedicated}`);
    print(`Universal URL:  ${kit.urls.universal}`);
    print(`\nTry it:\n\n${kit.examples.curl}\n`);
  }
  print("Ctrl-C stops it");
}

/** Returns the path from the caller's directory, if it is inside that. */
function relativeToCaller(path: string): string {
  const near = relative(callerDir(), path);
  return near.startsWith("..") ? path : near;
}
