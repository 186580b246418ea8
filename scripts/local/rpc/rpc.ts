/**
 * Local stand-in for PostgREST: `POST /rest/v1/rpc/NAME` and nothing else, with
 * its way of finding roles, functions, types, statuses and error bodies.
 */
import type { Keys } from "../keys.ts";
import type { Log } from "../log.ts";
import { type CallResult, problemOf, runCall } from "./call.ts";
import { chooseRoutine } from "./choose.ts";
import { identifyWith, type Identity } from "./identity.ts";
import { openPool, type Pool } from "./pool.ts";
import { Problem, problemResponse } from "./problem.ts";
import type { Routine } from "./routines.ts";
import { openSchemaCache, type SchemaCache } from "./schema_cache.ts";

export interface Rpc {
  handle(request: Request): Promise<Response>;
  close(): Promise<void>;
}

const SINGLE = "application/vnd.pgrst.object+json";

/** Connects to the database and reads its functions. */
export async function openRpc(
  port: number,
  keys: Keys,
  write: Log["write"],
): Promise<Rpc> {
  const pool = openPool(port);
  const cache = await openSchemaCache(port, write);
  const identify = identifyWith(keys);
  const handle = async (request: Request) => {
    try {
      const identity = await identify(request.headers);
      if (identity instanceof Response) return identity;
      return await call(request, identity, pool, cache);
    } catch (error) {
      return problemResponse(problemOf(error, "anon").parts);
    }
  };
  const close = async () => {
    await cache.close();
    await pool.close();
  };
  return { handle, close };
}

async function call(
  request: Request,
  identity: Identity,
  pool: Pool,
  cache: SchemaCache,
): Promise<Response> {
  const name = functionName(request);
  const body = await request.text();
  const names = argumentNames(body);
  const choice = await cache.find((routines) =>
    chooseRoutine(routines, name, names)
  );
  const roleTimeout = cache.timeoutOf(identity.role);
  const result = await runCall(pool, {
    choice,
    names,
    body,
    identity,
    request,
    roleTimeout,
  });
  return respond(request, choice.routine, result);
}

function functionName(request: Request): string {
  const { pathname, search } = new URL(request.url);
  const name = /^\/rest\/v1\/rpc\/([^/]+)$/.exec(pathname)?.[1];
  if (name === undefined) {
    throw unsupported(404, "The local stand-in serves /rest/v1/rpc only");
  }
  if (request.method !== "POST") {
    throw unsupported(405, "The local stand-in serves RPC by POST only");
  }
  if (search !== "") {
    throw unsupported(400, "The local stand-in serves RPC without a query");
  }
  return decodeURIComponent(name);
}

function unsupported(status: number, message: string): Problem {
  return new Problem({ status, code: "PGRST127", message });
}

function argumentNames(text: string): string[] {
  const body = text.trim() === "" ? {} : parse(text);
  const isObject = typeof body === "object" && body !== null &&
    !Array.isArray(body);
  return isObject ? Object.keys(body) : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem({
      status: 400,
      code: "PGRST102",
      message: "Empty or invalid json",
    });
  }
}

function respond(
  request: Request,
  routine: Routine,
  result: CallResult,
): Response {
  const status = Number(result.status ?? 0);
  const headers = responseHeaders(result.headers);
  if (routine.returnsVoid) {
    return new Response(null, { status: status || 204, headers });
  }
  const single = request.headers.get("accept")?.includes(SINGLE) ?? false;
  if (single && routine.many && result.total !== 1) {
    throw new Problem({
      status: 406,
      code: "PGRST116",
      message: "Cannot coerce the result to a single JSON object",
      details: `The result contains ${result.total} rows`,
    });
  }
  const body = single && routine.many ? result.body.slice(1, -1) : result.body;
  headers.set(
    "content-type",
    `${single ? SINGLE : "application/json"}; charset=utf-8`,
  );
  return new Response(body, { status: status || 200, headers });
}

/** `response.headers` is an array of objects with one key each. */
function responseHeaders(text: string | null): Headers {
  const headers = new Headers();
  for (const entry of JSON.parse(text ?? "[]")) {
    for (const [name, value] of Object.entries(entry)) {
      headers.append(name, String(value));
    }
  }
  return headers;
}
