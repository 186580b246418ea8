/** Settings from the shell's variables and from dotenv files. */
import { join } from "node:path";
import { parseEnv } from "node:util";
import { Failure, reasonOf } from "./failure.ts";
import { fromCaller, PROJECT_DIR } from "./paths.ts";

/** The file that the local stack writes its URL and keys to. */
export const STACK_ENV_FILE: string = join(PROJECT_DIR, ".local/env");

/** The file with the environment of the functions. */
export const FUNCTIONS_ENV_FILE: string = join(
  PROJECT_DIR,
  "supabase/functions/.env",
);

/** Reads the file given by `--env-file`; without that flag `usual`, which may be absent. */
export function readEnvFile(
  given: string | undefined,
  usual: string,
): Record<string, string> {
  const path = given === undefined ? usual : fromCaller(given);
  try {
    return parseEnv(Deno.readTextFileSync(path)) as Record<string, string>;
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound;
    if (isAbsent && given === undefined) return {};
    const reason = isAbsent ? "there is no such file" : reasonOf(error);
    throw new Failure(`Cannot read --env-file ${path}: ${reason}`);
  }
}

/** Returns a variable of the shell that a command cannot do without. */
export function requireVariable(name: string): string {
  const value = Deno.env.get(name);
  if (value) return value;
  throw new Failure(`Cannot run: set ${name}`);
}
