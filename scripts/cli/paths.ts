/** Paths that commands share. */
import { dirname, join, resolve } from "node:path";

/** The project's root directory, wherever the command was called from. */
export const PROJECT_DIR: string = dirname(dirname(import.meta.dirname!));

export const FUNCTIONS_DIR: string = join(PROJECT_DIR, "supabase/functions");
export const MIGRATIONS_DIR: string = join(PROJECT_DIR, "supabase/migrations");

/** Returns the directory that a command was called from, which `deno task` changes. */
export function callerDir(): string {
  return Deno.env.get("INIT_CWD") ?? Deno.cwd();
}

/** Resolves a path of the command line. */
export function fromCaller(path: string): string {
  return resolve(callerDir(), path);
}
