/** Keeps one process of every function running. */
import { join } from "node:path";
import { reasonOf } from "../../cli/failure.ts";
import { exists } from "../host/layout.ts";
import { pause } from "../host/waiting.ts";
import {
  type FunctionOptions,
  type FunctionProcess,
  launchFunction,
} from "./isolate.ts";

/** The functions of a project, each in its process. */
export interface Functions {
  names: string[];
  /** Where a function listens, once a boot that is under way has ended; undefined while it is down. */
  urlOf(name: string): Promise<string | undefined>;
  /** Resolves when each function has started, or failed to. */
  ready: Promise<void>;
  close(): Promise<void>;
}

const FIRST_DELAY_MS = 200;
const LAST_DELAY_MS = 10_000;
/** One that ran for this long is started anew at once. */
const STEADY_MS = 10_000;

/** Starts these functions, and starts one again whenever it is retired or ends. */
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
    urlOf: async (name) => await keepers.get(name)?.url(),
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
  url(): Promise<string | undefined>;
  ready: Promise<void>;
  close(): Promise<void>;
}

function keepRunning(name: string, options: FunctionOptions): Keeper {
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopped = new Promise<boolean>((resolve) =>
    signal.addEventListener("abort", () => resolve(false))
  );
  const started = Promise.withResolvers<void>();
  /** With the retired ones, which finish what is under way. */
  const alive = new Set<FunctionProcess>();
  /** The one that gets the requests, from its boot on. */
  let current: Promise<FunctionProcess | undefined>;
  const boot = async () => {
    try {
      const isolate = await launchFunction(name, { ...options, signal });
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

async function settleAll(
  keepers: Map<string, Keeper>,
  step: (keeper: Keeper) => Promise<void>,
): Promise<void> {
  await Promise.all([...keepers.values()].map(step));
}
