/** Finds the project that a command works on, and calls its `provision` function. */
import {
  openProvision as openClient,
  type ProvisionAccess,
  type ProvisionClient,
  ProvisionError,
} from "../../supabase/functions/_shared/provision_api/client.ts";
import type { Strategy } from "../../supabase/functions/_shared/provision_api/strategy.ts";
import { readEnvFile, STACK_ENV_FILE } from "./env.ts";
import { Failure, reasonOf } from "./failure.ts";

/** A project, and the key that lets an operator in. */
export interface Project {
  url: string;
  secretKey: string;
}

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
  return url.replace(/(?<!\/)\/+$/, "");
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

/** Returns the strategy in use that was registered last. */
export function lastInUse(strategies: Strategy[]): Strategy | undefined {
  return strategies
    .filter(({ status }) => status !== "archived")
    .sort((one, other) =>
      Date.parse(other.created_at) - Date.parse(one.created_at)
    )[0];
}

export function accessOf({ url, secretKey }: Project): ProvisionAccess {
  return { functionsUrl: `${url}/functions/v1`, secretKey };
}

/** Returns the client of a project's `provision`. */
export function openProvision(project: Project): ProvisionClient {
  return openClient(accessOf(project));
}

/** Waits for an answer of `provision`; without one throws a {@linkcode Failure} that begins with `purpose`. */
export async function answerTo<Answer>(
  purpose: string,
  answer: Promise<Answer>,
): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    const { message, cause } = error;
    const reason = cause === undefined ? "" : ` (${reasonOf(cause)})`;
    throw new Failure(`${purpose}: ${message}${reason}`);
  }
}

/** Fetches, without following a redirect, which would take a key along; a network error becomes a {@linkcode Failure}. */
export async function request(
  url: string,
  init: RequestInit,
): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: "manual" });
  } catch (error) {
    throw new Failure(`Cannot reach ${new URL(url).host}: ${reasonOf(error)}`);
  }
}
