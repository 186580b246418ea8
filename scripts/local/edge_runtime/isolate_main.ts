/**
 * Local stand-in for the platform's edge runtime: the program of an isolate's
 * process, which runs the `index.ts` of one function on a port of this machine.
 * Usage: isolate_main.ts INDEX
 *
 * It reports its port on the first line that begins with a NUL character. It
 * accepts `retire` and `unload REASON` on standard input (see `limits.ts`), and
 * ends at the end of that, so that it never outlives its parent.
 */
import { pathToFileURL } from "node:url";
import { readLines } from "../host/lines.ts";
import { writeLogsInBackground } from "./console.ts";

type Handler = (
  request: Request,
  info: Deno.ServeHandlerInfo,
) => Response | Promise<Response>;

/** Time for the last responses and the background work. */
const GRACE_MS = 1500;
/** A request that was sent before the retirement may still arrive. */
const LINGER_MS = 500;

const background = new Set<Promise<unknown>>();
const servers: Deno.HttpServer[] = [];
let requests = 0;
let isRetired = false;
let lingering: ReturnType<typeof setTimeout> | undefined;

Object.assign(globalThis, {
  EdgeRuntime: {
    /** Keeps the isolate alive until the promise is settled; an error is only logged. */
    waitUntil<T>(promise: Promise<T>): Promise<T> {
      const settled = promise.catch(logError).finally(() => {
        background.delete(settled);
        endWhenIdle();
      });
      background.add(settled);
      return promise;
    },
  },
});

const realServe = Deno.serve;

/** Serves on our address, whichever the function asks for, as on the platform. */
function serve(handler: Handler): Deno.HttpServer {
  const server = realServe({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => writeLine(`\0${port}`),
    onError: (error) => {
      logError(error);
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
      endWhenIdle();
    }
  });
  servers.push(server);
  return server;
}

Object.assign(Deno, {
  serve: (...args: unknown[]) => serve(findHandler(args)),
});

// Ctrl-C reaches every process of the terminal, but only the parent decides when to stop.
for (const signal of ["SIGINT", "SIGHUP"] as const) {
  Deno.addSignalListener(signal, () => {});
}
const logsWritten = writeLogsInBackground();
readCommands();

const { default: exported } = await import(
  pathToFileURL(Deno.args[0]!).href
);
if (typeof exported?.fetch === "function") {
  serve((request) => exported.fetch(request));
}

/** Follows the parent's commands until it closes our standard input, then ends. */
async function readCommands(): Promise<void> {
  for await (const line of readLines(Deno.stdin.readable)) {
    const [command, reason] = line.split(" ");
    if (command === "unload") unload(reason!);
    if (command === "retire") isRetired = true;
    endWhenIdle();
  }
  await terminate();
}

/**
 * Ends a retired isolate early, once it is idle. As on the platform, work that a listener of
 * this `beforeunload` starts is not waited for.
 */
function endWhenIdle(): void {
  clearTimeout(lingering);
  if (!isIdle()) return;
  lingering = setTimeout(async () => {
    if (!isIdle()) return;
    unload("early_drop");
    await finishResponses();
    await logsWritten();
    Deno.exit(0);
  }, LINGER_MS);
}

function isIdle(): boolean {
  return isRetired && requests === 0 && background.size === 0;
}

/** Sends `beforeunload`, and gives responses and background work a moment to finish. */
async function terminate(): Promise<void> {
  unload("termination");
  const late = new Promise((resolve) => setTimeout(resolve, GRACE_MS));
  const done = finishResponses().then(() => Promise.allSettled(background));
  await Promise.race([done, late]);
  await logsWritten();
  Deno.exit(0);
}

function unload(reason: string): void {
  const detail = { reason };
  globalThis.dispatchEvent(new CustomEvent("beforeunload", { detail }));
}

async function finishResponses(): Promise<void> {
  await Promise.all(servers.map((server) => server.shutdown()));
}

/** Finds the handler: `Deno.serve` accepts it alone, after the options or among them. */
function findHandler(args: unknown[]): Handler {
  const found = args.map((arg) =>
    typeof arg === "function" ? arg : (arg as { handler?: unknown })?.handler
  ).find((arg) => typeof arg === "function");
  return found as Handler;
}

function writeLine(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

function logError(error: unknown): void {
  // deno-lint-ignore no-console -- the log is all there is
  console.error(error);
}
