/**
 * Local stand-in for PostgREST: `POST /rest/v1/rpc/NAME` and nothing else. Roles,
 * functions, types, statuses and error bodies are PostgREST's.
 */
import type { Log } from "../host/log.ts";
import type { Keys } from "../platform/keys.ts";
import { problemOf, runCall } from "./call.ts";
import { chooseRoutine } from "./choose.ts";
import { followOutages } from "./connection/outage.ts";
import { openPool, type Pool } from "./connection/pool.ts";
import { allowPrinting } from "./connection/safeupdate.ts";
import {
  openSchemaCache,
  type SchemaCache,
} from "./connection/schema_cache.ts";
import { identifyWith, type Identity } from "./http/identity.ts";
import { negotiate } from "./http/media_type.ts";
import { readPayload } from "./http/payload.ts";
import { problemResponse, unsupported } from "./http/problem.ts";
import { respond } from "./respond.ts";

export interface Rpc {
  handle(request: Request): Promise<Response>;
  close(): Promise<void>;
}

/** Switches for what versions of the platform do. */
export interface RpcOptions {
  /** Refuse updates and deletes without `where` (`safeupdate.ts`); costs about 6 ms per alert. */
  strict?: boolean;
  /** Version 14 repeats a call that ends in 40001 or 40P01, without limit; 16, the default, does not. */
  postgrest?: 14 | 16;
  /** Recover from an outage as version 14 does (`outage.ts`). */
  reconnectBackoff?: boolean;
}

export interface RpcParts extends RpcOptions {
  /** The database's. */
  port: number;
  keys: Keys;
  /** The most rows that a call returns: PostgREST's `db-max-rows`. */
  maxRows: number;
  write: Log["write"];
}

interface Api {
  pool: Pool;
  cache: SchemaCache;
  maxRows: number;
}

/** Connects to the database and reads its functions. */
export async function openRpc(parts: RpcParts): Promise<Rpc> {
  const { port, keys, maxRows, write, strict = false } = parts;
  if (strict) await allowPrinting(port);
  const cache = await openSchemaCache(port, write);
  const outage = parts.reconnectBackoff
    ? followOutages(cache.reload, write)
    : undefined;
  const pool = openPool({
    port,
    strict,
    retriesConflicts: parts.postgrest === 14,
    onLost: () => outage?.begin(),
  });
  const identify = identifyWith(keys);
  const handle = async (request: Request) => {
    try {
      const identity = await identify(request.headers);
      if (identity instanceof Response) return identity;
      outage?.refuse();
      return await call(request, identity, { pool, cache, maxRows });
    } catch (error) {
      return problemResponse(problemOf(error, "anon").parts);
    }
  };
  const close = async () => {
    outage?.close();
    await cache.close();
    await pool.close();
  };
  return { handle, close };
}

async function call(
  request: Request,
  identity: Identity,
  { pool, cache, maxRows }: Api,
): Promise<Response> {
  const name = functionName(request);
  const payload = await readPayload(request);
  const choice = await cache.find((routines) =>
    chooseRoutine(routines, name, payload)
  );
  const type = negotiate(request.headers.get("accept"));
  const roleTimeout = cache.timeoutOf(identity.role);
  const result = await runCall(pool, {
    choice,
    payload,
    type,
    identity,
    request,
    roleTimeout,
    maxRows,
  });
  return respond(type, choice.routine, result);
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
