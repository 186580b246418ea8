/** Keeps one isolate of every function running. */
import { reasonOf } from "../../cli/failure.ts";
import { pause } from "../host/waiting.ts";
import { type Isolate, type IsolateOptions, startIsolate } from "./isolate.ts";

/** The functions of a project. */
export interface Functions {
  names: string[];
  /** Returns where a function listens, after waiting for it to boot; undefined while it is down. */
  urlOf(name: string): Promise<string | undefined>;
  /** Resolves when each function has started, or failed to. */
  ready: Promise<void>;
  /** Starts a function anew from its files; the isolate before goes on until that one has booted. */
  reload(name: string): Promise<void>;
  close(): Promise<void>;
}

/** The delays of a function that does not boot, or ends by itself as soon as it has. */
const FIRST_DELAY_MS = 200;
const LAST_DELAY_MS = 10_000;
/** An isolate that was killed, or ended by itself after more than this, is replaced at once … */
const STEADY_MS = 1000;
/** … but not more often than this: a boot takes 0.12 s of CPU time. */
const MIN_PERIOD_MS = 600;
/** Signals that a program causes itself, for example when its heap is full. */
const OWN_SIGNALS = ["SIGABRT", "SIGTRAP", "SIGSEGV", "SIGILL", "SIGBUS"];

/** Starts these functions, and starts one again whenever its isolate is retired or ends. */
export function superviseFunctions(
  names: string[],
  options: Omit<IsolateOptions, "onLine"> & {
    onLine(name: string, line: string): void;
  },
): Functions {
  const supervisors = new Map(names.map((name) => {
    const onLine = (line: string) => options.onLine(name, line);
    return [name, supervise(name, { ...options, onLine })];
  }));
  const all = async (step: (one: Supervisor) => Promise<void>) => {
    await Promise.all([...supervisors.values()].map(step));
  };
  return {
    names,
    urlOf: async (name) => await supervisors.get(name)?.url(),
    ready: all(({ ready }) => ready),
    reload: async (name) => await supervisors.get(name)?.reload(),
    close: () => all((one) => one.close()),
  };
}

interface Supervisor {
  url(): Promise<string | undefined>;
  ready: Promise<void>;
  reload(): Promise<void>;
  close(): Promise<void>;
}

function supervise(name: string, options: IsolateOptions): Supervisor {
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopped = new Promise<boolean>((resolve) =>
    signal.addEventListener("abort", () => resolve(false))
  );
  const started = Promise.withResolvers<void>();
  /** Includes the retired ones, which finish their work. */
  const alive = new Set<Isolate>();
  /** Gets the requests, from its boot on. */
  let current: Promise<Isolate | undefined>;
  /** Booted already, and takes over as soon as the current one is retired. */
  let next: Isolate | undefined;
  let waiting = new AbortController();
  let replacing = Promise.resolve();
  const wait = (ms: number) =>
    pause(ms, AbortSignal.any([signal, waiting.signal]));
  const boot = async () => {
    try {
      const isolate = await startIsolate(name, { ...options, signal });
      alive.add(isolate);
      isolate.ended.finally(() => alive.delete(isolate));
      return isolate;
    } catch (error) {
      if (!signal.aborted) options.onLine(reasonOf(error));
    }
  };
  const run = async () => {
    let delay = FIRST_DELAY_MS;
    while (!signal.aborted) {
      const begun = performance.now();
      current = next ? Promise.resolve(next) : boot();
      next = undefined;
      const isolate = await current;
      const booted = performance.now();
      started.resolve();
      if (await Promise.race([stopped, isolate?.retired])) continue;
      if (signal.aborted) break;
      current = Promise.resolve(undefined);
      if (isolate) options.onLine("ended; starting again");
      if (isolate && await wasSound(isolate, performance.now() - booted)) {
        await wait(begun + MIN_PERIOD_MS - performance.now());
        delay = FIRST_DELAY_MS;
      } else {
        await wait(delay);
        delay = Math.min(delay * 2, LAST_DELAY_MS);
      }
    }
    await replacing;
    await Promise.all([...alive].map((isolate) => isolate.close()));
  };
  const running = run();
  const close = async () => {
    stopping.abort();
    await running;
  };
  const url = async () => (await current)?.url;
  const replace = async () => {
    const isolate = signal.aborted ? undefined : await boot();
    // One that does not boot says why, and changes nothing.
    if (!isolate) return;
    next?.retire("reload");
    next = isolate;
    (await current)?.retire("reload");
    waiting.abort();
    waiting = new AbortController();
  };
  // One after the other: the last edit's isolate boots last.
  const reload = () => replacing = replacing.then(replace);
  return { url, ready: started.promise, reload, close };
}

/** Returns whether an isolate that has ended would have gone on, or at least went on for a while. */
async function wasSound(isolate: Isolate, lifeMs: number): Promise<boolean> {
  const { signal } = await isolate.ended;
  const wasKilled = signal !== null && !OWN_SIGNALS.includes(signal);
  return wasKilled || lifeMs > STEADY_MS;
}
