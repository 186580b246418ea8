/**
 * Local stand-in for the platform's edge runtime: runs one function's own
 * `index.ts` on a port of this machine. Usage: isolate_main.ts INDEX
 *
 * It tells its port on the first line that begins with a NUL character. On its
 * standard input it reads `retire` and `unload REASON` (see `limits.ts`), and it
 * ends when that does, so that it never outlives its parent.
 */
import { pathToFileURL } from "node:url";
import { readLines } from "../host/lines.ts";

type Handler = (
  request: Request,
  info: Deno.ServeHandlerInfo,
) => Response | Promise<Response>;

/** How long the last answers and background work may take. */
const GRACE_MS = 1500;
/** A request that was sent before the retirement may still be on its way. */
const LINGER_MS = 500;

const background = new Set<Promise<unknown>>();
const servers: Deno.HttpServer[] = [];
let requests = 0;
let isRetired = false;
let lingering: ReturnType<typeof setTimeout> | undefined;

Object.assign(globalThis, {
  EdgeRuntime: {
    /** Keeps the worker alive for the promise; a failure is only logged. */
    waitUntil<T>(promise: Promise<T>): Promise<T> {
      const settled = promise.catch(report).finally(() => {
        background.delete(settled);
        dropWhenIdle();
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
  }, async (request, info) => {
    requests++;
    try {
      return await handler(request, info);
    } finally {
      requests--;
      dropWhenIdle();
    }
  });
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
readCommands();

const { default: exported } = await import(
  pathToFileURL(Deno.args[0]!).href
);
if (typeof exported?.fetch === "function") {
  serve((request) => exported.fetch(request));
}

/** Does what the parent says until it closes our standard input, and then ends. */
async function readCommands(): Promise<void> {
  for await (const line of readLines(Deno.stdin.readable)) {
    const [command, reason] = line.split(" ");
    if (command === "unload") unload(reason!);
    if (command === "retire") isRetired = true;
    dropWhenIdle();
  }
  await terminate();
}

/**
 * Ends a retired isolate early, once nothing of it is under way. As on the platform what a
 * listener of this `beforeunload` begins is not waited for.
 */
function dropWhenIdle(): void {
  clearTimeout(lingering);
  if (!isIdle()) return;
  lingering = setTimeout(async () => {
    if (!isIdle()) return;
    unload("early_drop");
    await finishAnswers();
    Deno.exit(0);
  }, LINGER_MS);
}

function isIdle(): boolean {
  return isRetired && requests === 0 && background.size === 0;
}

/** Gives the function the platform's last word, its answers and background work a moment. */
async function terminate(): Promise<void> {
  unload("termination");
  const late = new Promise((resolve) => setTimeout(resolve, GRACE_MS));
  const done = finishAnswers().then(() => Promise.allSettled(background));
  await Promise.race([done, late]);
  Deno.exit(0);
}

function unload(reason: string): void {
  const detail = { reason };
  globalThis.dispatchEvent(new CustomEvent("beforeunload", { detail }));
}

async function finishAnswers(): Promise<void> {
  await Promise.all(servers.map((server) => server.shutdown()));
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
