/** The frame of every command: arguments in, exit code out, a failure as one sentence. */
import { Failure } from "./failure.ts";
import { printError } from "./print.ts";

/**
 * Runs a command with the process's arguments and exits with the code that it returns, or 0. A
 * {@linkcode Failure} is printed as its one sentence, and the code is 1.
 */
export async function runCommand(
  command: (args: string[]) => Promise<number | void>,
): Promise<never> {
  try {
    Deno.exit(await command(Deno.args) ?? 0);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    printError(error.message);
    Deno.exit(1);
  }
}
