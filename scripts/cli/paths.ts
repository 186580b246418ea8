/** Paths that commands share. */
import { dirname, join, resolve } from "node:path";

/** The project's root directory, wherever the command was called from. */
export const PROJECT_DIR: string = dirname(dirname(import.meta.dirname!));

/** The folder of the functions. */
export const FUNCTIONS_DIR: string = join(PROJECT_DIR, "supabase/functions");

/** Resolves a path of the command line: `deno task` changes the working directory. */
export function fromCaller(path: string): string {
  return resolve(callerDir(), path);
}

/** The directory that the command was called from. */
export function callerDir(): string {
  return Deno.env.get("INIT_CWD") ?? Deno.cwd();
}
