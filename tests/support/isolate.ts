/**
 * A function in a process of its own, as the platform may run several at once, and a
 * proxy between it and the database that counts, delays or breaks its calls.
 *
 * @module
 */
import { startExtraIsolate } from "./extra_isolate.ts";
import type { Limits } from "../../scripts/local/edge_runtime/limits.ts";
import { API_URL } from "./project.ts";

/** A running function; its cache is its own. */
export interface Isolate extends AsyncDisposable {
  /** The same URL, at this isolate. */
  at(url: string): string;
  /** Ends it as a crash would. */
  kill(): void;
  /** Stops it as a machine does that has no time for it, until it is resumed. */
  stop(): void;
  resume(): void;
  /** Settled when it is retired (true), or has ended before (false). */
  retired: Promise<boolean>;
  /** Settled when it has ended. */
  ended: Promise<Deno.CommandStatus>;
}

export async function startIsolate(
  name: string,
  env: Record<string, string> = {},
  limits: Limits = {},
): Promise<Isolate> {
  const running = await startExtraIsolate(name, {
    "PUBLIC_FUNCTIONS_URL": `${API_URL}/functions/v1`,
    ...env,
  }, limits);
  const { retired, ended } = running;
  return {
    retired,
    ended,
    at: (url) => url.replace(/^.*\/functions\/v1/, running.url),
    kill: () => Deno.kill(running.pid, "SIGKILL"),
    stop: () => Deno.kill(running.pid, "SIGSTOP"),
    resume: () => Deno.kill(running.pid, "SIGCONT"),
    [Symbol.asyncDispose]: () => running.close(),
  };
}

export interface ProxiedCall {
  method: string;
  headers: Headers;
  text: string;
}

/** Stands where PostgREST and the functions are: passes calls on, and knows how many. */
export interface ApiProxy extends AsyncDisposable {
  url: string;
  /** Names of the functions called so far. */
  calls: string[];
  /** Runs before a call is passed on: may delay it, or answer in its place. */
  before: (
    name: string,
    call: ProxiedCall,
  ) => Promise<Response | void> | Response | void;
}

export function startApiProxy(): ApiProxy {
  const calls: string[] = [];
  const ended = Promise.withResolvers<undefined>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const name = pathname.split("/").at(-1)!;
      calls.push(name);
      const body = await request.text();
      const answered = await Promise.race([
        ended.promise,
        proxy.before(name, {
          method: request.method,
          headers: request.headers,
          text: body,
        }),
      ]);
      if (answered) return answered;
      return await fetch(`${API_URL}${pathname}${search}`, {
        method: request.method,
        headers: request.headers,
        body,
      });
    },
  );
  const proxy: ApiProxy = {
    url: `http://127.0.0.1:${server.addr.port}`,
    calls,
    before: () => {},
    [Symbol.asyncDispose]: () => {
      // A test that failed may hold calls back: they must not hold up its end.
      ended.resolve(undefined);
      return server.shutdown();
    },
  };
  return proxy;
}

/** A function in a process of its own, whose every call goes through a proxy of its own. */
export interface ProxiedIsolate extends Isolate {
  proxy: ApiProxy;
}

export async function startBehindProxy(
  name: string,
  env: Record<string, string> = {},
  limits: Limits = {},
): Promise<ProxiedIsolate> {
  await using starting = new AsyncDisposableStack();
  const proxy = starting.use(startApiProxy());
  const isolate = starting.use(
    await startIsolate(name, { "SUPABASE_URL": proxy.url, ...env }, limits),
  );
  const started = starting.move();
  return {
    ...isolate,
    proxy,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
