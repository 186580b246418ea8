/** Finds the project that a command works on, and calls its `provision` function. */
import type { Problem } from "../../supabase/functions/_shared/provision_api/problem.ts";
import { readEnvFile, STACK_ENV_FILE } from "./env.ts";
import { Failure, reasonOf } from "./failure.ts";

import type { Strategy } from "../../supabase/functions/_shared/provision_api/strategy.ts";

export type { Kit } from "../../supabase/functions/_shared/provision_api/strategy.ts";

/** A project, and the key that lets an operator in. */
export interface Project {
  url: string;
  secretKey: string;
}

export interface Call {
  method?: string;
  body?: unknown;
}

/** Calls `provision` and returns its answer, or throws a {@linkcode Failure} that begins with `purpose`. */
export type Ask = (
  path: string,
  purpose: string,
  call?: Call,
  // deno-lint-ignore no-explicit-any -- the caller knows what it asked for
) => Promise<any>;

/**
 * Finds the project in the shell's variables, then in the file of `--env-file`. A key is sent
 * only to the project that it was given for: with another `url` it must come from the shell.
 */
export function locateProject(
  envFile: string | undefined,
  url?: string,
): Project {
  const file = readEnvFile(envFile, STACK_ENV_FILE);
  const shellUrl = Deno.env.get("SUPABASE_URL");
  if (url && shellUrl && !isSame(url, shellUrl)) {
    throw new Failure(
      `Cannot tell whose key SUPABASE_SECRET_KEY is: --url is ${url}, SUPABASE_URL is ${shellUrl}; unset one`,
    );
  }
  const base = url || shellUrl || file["SUPABASE_URL"];
  const isOfFile = isSame(base, file["SUPABASE_URL"]);
  const secretKey = Deno.env.get("SUPABASE_SECRET_KEY") ||
    (isOfFile ? file["SUPABASE_SECRET_KEY"] : undefined);
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
  if (!isPrivate(new URL(base))) {
    throw new Failure(
      `Cannot send a secret key to ${base}: everyone on the way can read http; use https`,
    );
  }
  return { url: withoutSlash(base), secretKey };
}

function isSame(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined &&
    withoutSlash(one) === withoutSlash(other);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

/** Returns whether only the project reads along: https, this machine, or a name inside a container network. */
function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === "https:" ||
    /^(localhost|127(\.\d+){3}|\[::1\]|[^.:]+)$/.test(hostname);
}

/** Returns the first strategy in use, such as commands fall back on; doctor's own is archived between its runs. */
export function firstInUse(strategies: Strategy[]): Strategy | undefined {
  return strategies.find(({ status }) => status !== "archived");
}

/** Returns the arguments of a `fetch` that calls `provision` as an operator. */
export function provisionRequest(
  { url, secretKey }: Project,
  path: string,
  { method = "GET", body }: Call = {},
): [url: string, init: RequestInit] {
  return [`${url}/functions/v1/provision${path}`, {
    method,
    // Followed, a redirect would take the key to where it does not belong.
    redirect: "manual",
    headers: { apikey: secretKey, accept: "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }];
}

/** Returns the client of a project's `provision`. */
export function openProvision(project: Project): Ask {
  return async (path, purpose, call) => {
    const response = await request(...provisionRequest(project, path, call));
    if (response.status >= 300 && response.status < 400) {
      throw new Failure(
        `${purpose}: ${project.url} redirects to ${
          response.headers.get("location")
        }`,
      );
    }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Failure(`${purpose}: ${reasonIn(answer)}`);
    return answer;
  };
}

function reasonIn({ title, detail, errors = [] }: Partial<Problem>): string {
  const fields = errors.map(({ path, message }) =>
    path ? `${path}: ${message}` : message
  );
  return fields.join("; ") || detail || title || "the answer is not JSON";
}

/** Fetches; a network error becomes a {@linkcode Failure}. */
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
