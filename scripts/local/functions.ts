/** Keeps one process of every function running. */
import { join } from "node:path";
import { reasonOf } from "./failure.ts";
import { exists } from "./layout.ts";
import {
  type FunctionOptions,
  type FunctionProcess,
  launchFunction,
} from "./function_process.ts";

/** The functions of a project, each in its process. */
export interface Functions {
  names: string[];
  /** Where a function listens; undefined while it is down. */
  urlOf(name: string): string | undefined;
  /** Resolves when each function has started, or failed to. */
  ready: Promise<void>;
  close(): Promise<void>;
}

const FIRST_DELAY_MS = 200;
const LAST_DELAY_MS = 10_000;
/** One that ran for this long is started anew at once. */
const STEADY_MS = 10_000;

/** Starts these functions, and starts one again whenever it ends. */
export function runFunctions(
  names: string[],
  options: Omit<FunctionOptions, "onLine"> & {
    onLine(name: string, line: string): void;
  },
): Functions {
  const keepers = new Map(names.map((name) => {
    const onLine = (line: string) => options.onLine(name, line);
    return [name, keepRunning(name, { ...options, onLine })];
  }));
  return {
    names,
    urlOf: (name) => keepers.get(name)?.url(),
    ready: settleAll(keepers, (keeper) => keeper.ready),
    close: () => settleAll(keepers, (keeper) => keeper.close()),
  };
}

/** The folders that the platform would deploy. */
export async function listFunctions(dir: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    if (!entry.isDirectory || /^[_.]/.test(entry.name)) continue;
    if (await exists(join(dir, entry.name, "index.ts"))) names.push(entry.name);
  }
  return names.sort();
}

interface Keeper {
  url(): string | undefined;
  ready: Promise<void>;
  close(): Promise<void>;
}

function keepRunning(name: string, options: FunctionOptions): Keeper {
  const stopping = new AbortController();
  const { signal } = stopping;
  const started = Promise.withResolvers<void>();
  let current: FunctionProcess | undefined;
  const run = async () => {
    let delay = FIRST_DELAY_MS;
    while (!signal.aborted) {
      const begun = Date.now();
      try {
        current = await launchFunction(name, { ...options, signal });
        started.resolve();
        if (signal.aborted) await current.close();
        await current.ended;
        if (!signal.aborted) options.onLine("ended; starting again");
      } catch (error) {
        if (!signal.aborted) options.onLine(reasonOf(error));
      }
      current = undefined;
      started.resolve();
      if (Date.now() - begun > STEADY_MS) delay = FIRST_DELAY_MS;
      await pause(delay, signal);
      delay = Math.min(delay * 2, LAST_DELAY_MS);
    }
  };
  const running = run();
  const close = async () => {
    stopping.abort();
    await current?.close();
    await running;
  };
  return { url: () => current?.url, ready: started.promise, close };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}

async function settleAll(
  keepers: Map<string, Keeper>,
  step: (keeper: Keeper) => Promise<void>,
): Promise<void> {
  await Promise.all([...keepers.values()].map(step));
}
