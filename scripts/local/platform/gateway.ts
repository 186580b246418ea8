/**
 * Local stand-in for the platform's API gateway: one port for functions, RPC
 * and the project's public signing keys.
 */
import type { Refusal } from "./verify_jwt.ts";

/** The services behind the gateway. */
export interface Backends {
  /** The names of all functions. */
  functions: string[];
  /** Returns where a function listens, after waiting for it to boot; undefined while it is down. */
  urlOf(name: string): Promise<string | undefined>;
  /** Returns why a request must not reach a function, or undefined if it may. */
  rejectionReason(name: string, request: Request): Promise<Refusal | undefined>;
  rest(request: Request): Promise<Response>;
  jwks: { keys: JsonWebKey[] };
}

export interface Gateway {
  port: number;
  /** Starts passing on requests, which are answered with 503 until then. */
  open(backends: Backends): void;
  close(): Promise<void>;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const CLOSE_DEADLINE_MS = 1000;
/** Requests that functions have at once; more are refused while they are cheap. */
const MAX_UNDER_WAY = 512;
/** A function that has ended is back by then. */
const RETRY_AFTER_S = "1";

/** Listens on the port. */
export function startGateway(port: number): Gateway {
  let backends: Backends | undefined;
  let underWay = 0;
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 64 });
  const force = new AbortController();
  const { signal } = force;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, signal, onListen: () => {} },
    (request, { remoteAddr }) => {
      if (!backends) return refuse(503, "The local stack is starting");
      const { pathname } = new URL(request.url);
      if (!pathname.startsWith("/functions/v1/")) {
        return answerItself(request, pathname, backends);
      }
      if (underWay >= MAX_UNDER_WAY) {
        return refuse(503, "Too many requests are under way");
      }
      underWay++;
      return callFunction(request, remoteAddr.hostname, backends, client)
        .finally(() => underWay--);
    },
  );
  return {
    port: server.addr.port,
    open: (ready) => backends = ready,
    close: async () => {
      // A client that never reads its response must not keep us from stopping.
      const timer = setTimeout(() => force.abort(), CLOSE_DEADLINE_MS);
      await server.shutdown();
      clearTimeout(timer);
      client.close();
    },
  };
}

function answerItself(
  request: Request,
  pathname: string,
  backends: Backends,
): Response | Promise<Response> {
  if (pathname.startsWith("/rest/v1/")) return backends.rest(request);
  if (pathname === "/auth/v1/.well-known/jwks.json") {
    return Response.json(backends.jwks);
  }
  return refuse(404, "no Route matched with those values");
}

async function callFunction(
  request: Request,
  client: string,
  backends: Backends,
  http: Deno.HttpClient,
): Promise<Response> {
  if (!METHODS.includes(request.method)) {
    await request.body?.cancel();
    return refuse(405, "Method not allowed");
  }
  const url = new URL(request.url);
  const path = url.pathname.slice("/functions/v1".length);
  const name = path.split("/")[1]!;
  if (!backends.functions.includes(name)) {
    return refuse(404, "Requested function was not found", "NOT_FOUND");
  }
  const refusal = await backends.rejectionReason(name, request);
  if (refusal) return refuse(401, refusal.message, refusal.code);
  const target = await backends.urlOf(name);
  if (target === undefined) {
    return refuse(503, "Function failed to start", "BOOT_ERROR");
  }
  try {
    return await fetch(`${target}${path}${url.search}`, {
      method: request.method,
      headers: forwardedHeaders(request, client, url),
      body: request.body,
      redirect: "manual",
      client: http,
    });
  } catch {
    return refuse(503, "Function ended during the request", "WORKER_ERROR");
  }
}

/** Appends to the client's `x-forwarded-for`: only the last hop can be trusted. */
function forwardedHeaders(
  request: Request,
  client: string,
  url: URL,
): Headers {
  const headers = new Headers(request.headers);
  // Otherwise fetch would request a compression that the client did not.
  if (!headers.has("accept-encoding")) {
    headers.set("accept-encoding", "identity");
  }
  headers.append("x-forwarded-for", client);
  headers.set("x-forwarded-proto", url.protocol.slice(0, -1));
  headers.set("x-forwarded-host", url.host);
  headers.set("x-forwarded-port", url.port);
  return headers;
}

function refuse(status: number, message: string, code?: string): Response {
  const headers = new Headers();
  if (code) headers.set("sb-error-code", code);
  if (status === 503) headers.set("retry-after", RETRY_AFTER_S);
  return Response.json(code ? { code, message } : { message }, {
    status,
    headers,
  });
}
