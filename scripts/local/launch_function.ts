/**
 * Local stand-in for the platform's edge runtime: runs one function's own
 * `index.ts` on a port of this machine. Usage: launch_function.ts INDEX
 *
 * It tells its port on the first line that begins with a NUL character, and
 * ends when its standard input does, so that it never outlives its parent.
 */
import { pathToFileURL } from "node:url";

type Handler = (request: Request) => Response | Promise<Response>;

/** How long the last answers and background work may take. */
const GRACE_MS = 1500;

const background = new Set<Promise<unknown>>();
const servers: Deno.HttpServer[] = [];

Object.assign(globalThis, {
  EdgeRuntime: {
    /** Keeps the worker alive for the promise; a failure is only logged. */
    waitUntil<T>(promise: Promise<T>): Promise<T> {
      const settled = promise.catch(report).finally(() => {
        background.delete(settled);
      });
      background.add(settled);
      return promise;
    },
  },
});

const realServe = Deno.serve;

/** Whatever address the function asks for, it gets ours, as on the platform. */
function serve(handler: Handler): Deno.HttpServer {
  const server = realServe({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => tell(`\0${port}`),
    onError: (error) => {
      report(error);
      return Response.json({ code: "WORKER_ERROR" }, {
        status: 500,
        headers: { "sb-error-code": "EDGE_FUNCTION_ERROR" },
      });
    },
  }, handler);
  servers.push(server);
  return server;
}

Object.assign(Deno, {
  serve: (...args: unknown[]) => serve(findHandler(args)),
});

// Ctrl-C reaches the whole terminal: only the parent decides when to stop.
for (const signal of ["SIGINT", "SIGHUP"] as const) {
  Deno.addSignalListener(signal, () => {});
}
stopWithParent();

const { default: exported } = await import(
  pathToFileURL(Deno.args[0]!).href
);
if (typeof exported?.fetch === "function") {
  serve((request) => exported.fetch(request));
}

/** Gives the function the platform's last word, its answers and background work a moment. */
async function stopWithParent(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
  const detail = { reason: "termination" };
  globalThis.dispatchEvent(new CustomEvent("beforeunload", { detail }));
  const late = new Promise((resolve) => setTimeout(resolve, GRACE_MS));
  const answered = Promise.all(servers.map((server) => server.shutdown()));
  const done = answered.then(() => Promise.allSettled(background));
  await Promise.race([done, late]);
  Deno.exit(0);
}

/** `Deno.serve` takes it alone, after options, or among them. */
function findHandler(args: unknown[]): Handler {
  const found = args.map((arg) =>
    typeof arg === "function" ? arg : (arg as { handler?: unknown })?.handler
  ).find((arg) => typeof arg === "function");
  return found as Handler;
}

function tell(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

function report(error: unknown): void {
  // deno-lint-ignore no-console -- the worker's log is all there is
  console.error(error);
}
