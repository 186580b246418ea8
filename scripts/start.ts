/**
 * Starts the local stack, prints where everything is, and stops it on Ctrl-C.
 * Usage: see `--help`.
 */
import { relative } from "node:path";
import { type Kit, prepareDemo } from "./local/demo.ts";
import { Failure } from "./cli/failure.ts";
import { type Flags, readFlags, USAGE } from "./local/flags.ts";
import { type Stack, startStack } from "./local/stack.ts";
import { untilStopped } from "./local/host/stopping.ts";
import { complain, say } from "./cli/terminal.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  try {
    const flags = readFlags(args);
    if (flags.help) say(USAGE);
    else await run(flags);
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    complain(error.message);
    return 1;
  }
}

async function run(flags: Flags): Promise<void> {
  // From the start: a Ctrl-C while Postgres is being laid out must not leave it running.
  const stopping = new AbortController();
  const stopped = untilStopped().then(() => {
    say("Stopping …");
    stopping.abort();
  });
  try {
    const stack = await start(flags, stopping.signal);
    const crashed = stack.databaseEnded.then(() => "crashed");
    const reason = await Promise.race([stopped, crashed]);
    await stack.close();
    if (reason === "crashed") throw databaseCrash(stack);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
}

function databaseCrash(stack: Stack): Failure {
  return new Failure(
    `Postgres ended by itself: see ${stack.dataDir}/postgres.log`,
  );
}

async function start(flags: Flags, signal: AbortSignal): Promise<Stack> {
  let isShown = false;
  // Until then the functions tell of our own calls; functions.log has all.
  const onLine = (name: string, line: string) => {
    if (isShown) say(`${name}: ${line}`);
  };
  const stack = await startStack({ ...flags, signal, onStep: say, onLine });
  try {
    show(stack, await prepareDemo(stack.apiUrl, stack.secretKey));
  } catch (error) {
    // The stack itself is up: its user may well be at work on `provision`.
    if (!(error instanceof Failure)) throw error;
    complain(error.message);
    show(stack);
  }
  isShown = true;
  return stack;
}

function show(stack: Stack, kit?: Kit): void {
  say("");
  say(`API:            ${stack.apiUrl}`);
  say(`Database:       ${stack.databaseUrl}`);
  say(`Keys:           ${asCallerSees(`${stack.dataDir}/env`)}`);
  if (kit) {
    say(`Dedicated URL:  ${kit.urls.dedicated}`);
    say(`Universal URL:  ${kit.urls.universal}`);
    say(`\nTry it:\n\n${kit.examples.curl}\n`);
  }
  say("Ctrl-C stops it");
}

/** `deno task` changes the folder: the path from where it was called, if that is shorter to say. */
function asCallerSees(path: string): string {
  const near = relative(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path);
  return near.startsWith("..") ? path : near;
}
