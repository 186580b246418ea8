/** An isolate: a process that runs one function, see `isolate_main.ts`. */
import { join } from "node:path";
import { Failure } from "../../cli/failure.ts";
import { readLines } from "../host/lines.ts";
import { enforceLimits, type Limits } from "./limits.ts";

export interface IsolateOptions {
  functionsDir: string;
  /** The function's environment, in addition to the system's own variables. */
  env: Record<string, string>;
  /** Called with each line that the function writes. */
  onLine(line: string): void;
  limits?: Limits;
  /** Stops waiting for the boot. */
  signal?: AbortSignal;
}

export interface Isolate {
  name: string;
  /** The base URL of its server. As on the platform, paths begin with `/NAME/`. */
  url: string;
  pid: number;
  /** Settled when it should get no new requests: true if it is retired, false if it has ended. */
  retired: Promise<boolean>;
  /** Settled when the process has ended, for whatever reason. */
  ended: Promise<Deno.CommandStatus>;
  /** Retires it: it finishes its requests and its background work, then ends. */
  retire(reason: string): void;
  close(): Promise<void>;
}

const BOOT_DEADLINE_MS = 60_000;
/** As on the platform (docs functions/limits). */
const MEMORY_MB = 256;

/** Starts an isolate and waits until it listens. */
export async function startIsolate(
  name: string,
  options: IsolateOptions,
): Promise<Isolate> {
  const child = spawn(name, options);
  const port = Promise.withResolvers<number | undefined>();
  const output = Promise.all([
    follow(child.stdout, options.onLine, port.resolve),
    follow(child.stderr, options.onLine, port.resolve),
  ]);
  const ended = child.status.then(async (status) => {
    await output;
    return status;
  });
  ended.finally(() => port.resolve(undefined));
  const giveUp = () => port.resolve(undefined);
  const timer = setTimeout(giveUp, BOOT_DEADLINE_MS);
  options.signal?.addEventListener("abort", giveUp, { once: true });
  const listening = await port.promise;
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", giveUp);
  if (listening === undefined) {
    kill(child);
    await ended;
    throw new Failure(`Cannot start function ${name}: see functions.log`);
  }
  const url = `http://127.0.0.1:${listening}`;
  return {
    name,
    url,
    pid: child.pid,
    ended,
    ...manageLife(child, ended, options),
  };
}

/** Enforces the limits of a listening isolate until it ends. */
function manageLife(
  child: Deno.ChildProcess,
  ended: Isolate["ended"],
  { limits = {}, onLine }: IsolateOptions,
): Pick<Isolate, "retired" | "retire" | "close"> {
  const retired = Promise.withResolvers<boolean>();
  const life = new AbortController();
  const input = child.stdin.getWriter();
  // The end of its input tells it to stop.
  const closeInput = () => void input.close().catch(() => {});
  ended.finally(() => {
    retired.resolve(false);
    life.abort();
    closeInput();
  });
  // Ignore errors: an isolate that has ended needs no command.
  const command = (line: string) =>
    void input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  const retire = (reason: string) => {
    onLine(`retired: ${reason}`);
    retired.resolve(true);
    command("retire");
  };
  enforceLimits(child.pid, limits, {
    retire,
    unload: (reason) => command(`unload ${reason}`),
    kill: (reason) => {
      onLine(`killed: ${reason}`);
      kill(child);
    },
  }, life.signal);
  const close = async () => {
    closeInput();
    const force = setTimeout(() => kill(child), 3000);
    await ended;
    clearTimeout(force);
  };
  return { retired: retired.promise, retire, close };
}

function spawn(name: string, options: IsolateOptions): Deno.ChildProcess {
  const dir = join(options.functionsDir, name);
  const { memoryMb = MEMORY_MB } = options.limits ?? {};
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      `--config=${join(dir, "deno.json")}`,
      `--v8-flags=--max-old-space-size=${memoryMb}`,
      "--unstable-no-legacy-abort",
      "--allow-net",
      "--allow-env",
      "--allow-read",
      join(import.meta.dirname!, "isolate_main.ts"),
      join(dir, "index.ts"),
    ],
    cwd: dir,
    clearEnv: true,
    env: { ...systemEnvironment(), "NO_COLOR": "1", ...options.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Returns what Deno needs to run and to load packages, and nothing else of the user's environment. */
function systemEnvironment(): Record<string, string> {
  const needed =
    /^(PATH|HOME|TMPDIR|XDG_.*|DENO_.*|npm_config_.*|NPM_CONFIG_.*|SSL_.*|NODE_EXTRA_CA_CERTS|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)$/;
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => needed.test(name)),
  );
}

async function follow(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
  onPort: (port: number) => void,
): Promise<void> {
  for await (const line of readLines(stream)) {
    if (line.startsWith("\0")) onPort(Number(line.slice(1)));
    else onLine(line);
  }
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}
