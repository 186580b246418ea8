/** Calls a deployment; one that cannot be reached is unhealthy. */
import { provisionRequest } from "../../supabase/functions/_shared/provision_api/client.ts";
import { reasonOf } from "../cli/failure.ts";
import { accessOf, type Project } from "../cli/project.ts";
import { Unhealthy } from "./check.ts";

const ANSWER_WITHIN_MS = 10_000;

export interface Answer {
  status: number;
  headers: Headers;
  // deno-lint-ignore no-explicit-any -- each check knows what it asked for
  body: any;
  ms: number;
}

/**
 * Calls a URL and reads its JSON; a body that is not JSON becomes an empty object. Redirects
 * are not followed: they would take a key to where it does not belong.
 */
export async function call(url: string, init: RequestInit): Promise<Answer> {
  const answer = await ask(url, init);
  if (answer.status < 300 || answer.status > 399) return answer;
  throw new Unhealthy(
    `${new URL(url).origin} redirects to ${answer.headers.get("location")}`,
    "give the URL that it leads to, if that is yours",
  );
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const started = performance.now();
  try {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const { status, headers } = response;
    const body = parse(await response.text());
    const ms = Math.round(performance.now() - started);
    return { status, headers, body, ms };
  } catch (error) {
    throw new Unhealthy(
      `${new URL(url).origin} cannot be reached (${reasonOf(error)})`,
      "check the URL, and that the project runs",
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {}; // a gateway's error page, for example: the status says enough
  }
}

/** Calls `provision` as an operator. */
export function callProvision(
  project: Project,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  return call(...provisionRequest(accessOf(project), path, { method, body }));
}

/** Calls an RPC as `service_role`. */
export async function callRpc(
  { url, secretKey }: Project,
  name: string,
  args: Record<string, unknown>,
  // deno-lint-ignore no-explicit-any -- each check knows what it asked for
): Promise<any> {
  const { status, body } = await call(`${url}/rest/v1/rpc/${name}`, {
    method: "POST",
    headers: { apikey: secretKey, "content-type": "application/json" },
    body: JSON.stringify(args),
  });
  if (status === 200) return body;
  throw new Unhealthy(
    `${name} is answered ${status} ${body.message ?? ""}`,
    "is the schema public exposed to the API?",
  );
}

/** Describes an answer in a few words. */
export function describe(
  { status, body: { code, status: outcome, detail } }: Answer,
): string {
  return [status, code ?? outcome, detail].filter(Boolean).join(" ");
}
