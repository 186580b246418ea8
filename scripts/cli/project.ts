/** How an operator's command finds the project and asks its `provision` function. */
import { join } from "node:path";
import { Failure, reasonOf } from "./failure.ts";
import { PROJECT_DIR } from "./paths.ts";

/** Where the local stack writes what reaches it. */
export const DEFAULT_ENV_FILE = join(PROJECT_DIR, ".local", "env");

export interface Call {
  method?: string;
  body?: unknown;
}

/** Calls `provision`; its answer, or a {@linkcode Failure} that begins with `purpose`. */
export type Ask = (
  path: string,
  purpose: string,
  call?: Call,
  // deno-lint-ignore no-explicit-any -- the caller knows what it asked for
) => Promise<any>;

/** A project, and the key that lets an operator in. */
export interface Project {
  url: string;
  secretKey: string;
}

/**
 * Finds the project in the shell's variables or else in `envFile`. A key is sent only to the
 * project that it was given for: with another `url` it must come from the shell.
 */
export async function locateProject(
  envFile: string,
  url?: string,
): Promise<Project> {
  const file = await readEnvFile(envFile);
  const known = Deno.env.get("SUPABASE_URL") ?? file.get("SUPABASE_URL");
  const base = url ?? known;
  const isKnown = base !== undefined && base === known;
  const secretKey = Deno.env.get("SUPABASE_SECRET_KEY") ||
    (isKnown ? file.get("SUPABASE_SECRET_KEY") : undefined);
  if (!base) {
    throw new Failure(
      "Cannot find the project: run `deno task start` in another terminal, or set SUPABASE_URL and SUPABASE_SECRET_KEY",
    );
  }
  if (!secretKey) {
    throw new Failure(`Cannot ask ${base}: set its SUPABASE_SECRET_KEY`);
  }
  if (!URL.canParse(base)) {
    throw new Failure(
      `Cannot use "${base}": give the API's URL, such as https://REF.supabase.co`,
    );
  }
  return { url: base.replace(/\/+$/, ""), secretKey };
}

/** Returns what calls the project's `provision`: see {@linkcode locateProject}. */
export async function findProject(envFile: string): Promise<Ask> {
  const { url, secretKey } = await locateProject(envFile);
  return async (path, purpose, { method = "GET", body } = {}) => {
    const response = await request(`${url}/functions/v1/provision${path}`, {
      method,
      headers: { apikey: secretKey, accept: "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Failure(`${purpose}: ${whyOf(answer)}`);
    return answer;
  };
}

interface Problem {
  title?: string;
  detail?: string;
  errors?: { path: string; message: string }[];
}

function whyOf({ title, detail, errors = [] }: Problem): string {
  const named = errors.map(({ path, message }) =>
    path ? `${path}: ${message}` : message
  );
  return named.join("; ") || detail || title || "it answers no JSON";
}

async function readEnvFile(path: string): Promise<Map<string, string>> {
  const text = await Deno.readTextFile(path).catch((error) => {
    const isOptional = path === DEFAULT_ENV_FILE;
    if (isOptional && error instanceof Deno.errors.NotFound) return "";
    throw new Failure(`Cannot read ${path}: ${reasonOf(error)}`);
  });
  const lines = text.matchAll(/^([A-Z_]+)=(['"]?)(.*)\2$/gm);
  return new Map(Array.from(lines, ([, name, , value]) => [name!, value!]));
}

/** `fetch`, whose failure is a sentence. */
export async function request(
  url: string,
  init: RequestInit,
): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new Failure(`Cannot reach ${new URL(url).host}: ${reasonOf(error)}`);
  }
}

/** One of a flag's choices. */
export function oneOf<Choice extends string>(
  choices: readonly Choice[],
  given: string,
  flag: string,
): Choice {
  const choice = choices.find((one) => one === given);
  if (choice) return choice;
  throw new Failure(
    `Cannot use ${flag} ${given}: choose ${choices.join(", ")}`,
  );
}

/** Runs a command to its exit code; a {@linkcode Failure} is printed as its one sentence. */
export async function runCommand(
  command: () => Promise<number>,
): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // deno-lint-ignore no-console -- what a command prints is its interface
    console.error(error.message);
    return 1;
  }
}

export function say(text: string): void {
  // deno-lint-ignore no-console -- what a command prints is its interface
  console.log(text);
}
