/** The calls of a project that the page may make, and none but these: with the key, which stays here. */
import { z } from "zod";
import { reasonOf } from "../cli/failure.ts";
import { accessOf, type Project } from "../cli/project.ts";
import { provisionRequest } from "../../supabase/functions/_shared/provision_api/client.ts";
import { statusSchema } from "../../supabase/functions/_shared/provision_api/strategy.ts";

/** Longer than `provision` takes for any call. */
const DEADLINE_MS = 30_000;

interface Allowed {
  method: string;
  path: RegExp;
  /** The only bodies, where the call itself takes more. */
  body?: z.ZodType;
}

const SLUG = "[a-z0-9]+(?:-[a-z0-9]+)*";

/** Functions of the database, which only read. */
const RPCS = /^\/(?:read_overview|read_activity|read_day|list_alerts)$/;

const PROVISION: Allowed[] = [
  { method: "GET", path: /^\/trace\/[0-9a-f-]{36}$/ },
  { method: "POST", path: /^\/strategies$/ },
  { method: "GET", path: new RegExp(`^/strategies/${SLUG}\\?reveal=true$`) },
  {
    method: "PATCH",
    path: new RegExp(`^/strategies/${SLUG}$`),
    body: z.strictObject({ status: statusSchema.exclude(["archived"]) }),
  },
  {
    method: "POST",
    path: new RegExp(`^/strategies/${SLUG}/(?:rotate|revoke|test)$`),
  },
  { method: "PUT", path: /^\/mode$/ },
  { method: "POST", path: /^\/incidents\/\d{1,15}\/acknowledge$/ },
  { method: "POST", path: /^\/replay$/ },
];

/** Returns a refusal of our own in the form of the project's. */
export function problem(
  status: number,
  code: string,
  title: string,
): Response {
  return Response.json({ status, code, title }, { status });
}

/** A call that is allowed. */
export interface Call {
  method: string;
  path: string;
  isRpc: boolean;
  body?: z.ZodType;
}

/** Returns the call that a request asks for, if the page may make it. */
export function findCall(
  { method, url }: Request,
  pathname: string,
): Call | undefined {
  const path = pathname + new URL(url).search;
  if (method === "POST" && RPCS.test(path)) {
    return { method, path, isRpc: true };
  }
  const allowed = PROVISION.find((one) =>
    one.method === method && one.path.test(path)
  );
  return allowed && {
    method,
    path,
    isRpc: false,
    ...allowed.body && { body: allowed.body },
  };
}

/** Makes a call with the project's key, and returns what the page may see of the answer. */
export async function forward(
  call: Call,
  text: string,
  project: Project,
): Promise<Response> {
  const body = parseJson(text);
  if (call.body && !call.body.safeParse(body).success) {
    return problem(
      403,
      "not_allowed",
      "The console changes nothing but status",
    );
  }
  const [url, init] = requestOf(call, body, project);
  try {
    const response = await fetch(url, {
      ...init,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const answer = await response.text();
    if (response.status >= 300 && response.status < 400) {
      return problem(502, "redirected", "The project redirects its calls");
    }
    return new Response(answer || "null", {
      status: response.status === 204 ? 200 : response.status,
      headers: { "content-type": "application/json" },
    });
  } catch (error) {
    const { host } = new URL(project.url);
    const reason = `Cannot reach ${host}: ${reasonOf(error)}`;
    return problem(502, "unreachable", reason);
  }
}

/** Returns what a request says; undefined: nothing. What is no JSON stays text, which is refused. */
export function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function requestOf(
  { method, path, isRpc }: Call,
  body: unknown,
  project: Project,
): [url: string, init: RequestInit] {
  const access = { ...accessOf(project), actor: "console" };
  if (!isRpc) return provisionRequest(access, path, { method, body });
  return [`${project.url}/rest/v1/rpc${path}`, {
    method,
    redirect: "manual",
    headers: {
      apikey: project.secretKey,
      "content-type": "application/json",
    },
    body: JSON.stringify(body ?? {}),
  }];
}
