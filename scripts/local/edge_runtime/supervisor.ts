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
  close(): Promise<void>;
}

const FIRST_DELAY_MS = 200;
const LAST_DELAY_MS = 10_000;
/** An isolate that ran for this long is replaced without a longer delay. */
const STEADY_MS = 10_000;

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
    close: () => all((one) => one.close()),
  };
}

interface Supervisor {
  url(): Promise<string | undefined>;
  ready: Promise<void>;
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
      const begun = Date.now();
      current = boot();
      const isolate = await current;
      started.resolve();
      if (await Promise.race([stopped, isolate?.retired])) continue;
      current = Promise.resolve(undefined);
      if (isolate && !signal.aborted) options.onLine("ended; starting again");
      if (Date.now() - begun > STEADY_MS) delay = FIRST_DELAY_MS;
      await pause(delay, signal);
      delay = Math.min(delay * 2, LAST_DELAY_MS);
    }
    await Promise.all([...alive].map((isolate) => isolate.close()));
  };
  const running = run();
  const close = async () => {
    stopping.abort();
    await running;
  };
  const url = async () => (await current)?.url;
  return { url, ready: started.promise, close };
}
