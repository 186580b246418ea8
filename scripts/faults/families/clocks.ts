/** Clocks that are set while alerts come. */
import { startApiProxy } from "../stage/api_proxy.ts";
import type { Fault, Stage } from "../stage/fault.ts";
import { startWebhook } from "../stage/isolate.ts";

const RECOVERS_MS = 1000;
const LIBRARIES = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
  "/usr/lib/faketime/libfaketimeMT.so.1",
];

/** The signs of a step, in seconds. */
const STEPS: [seconds: number, name: string][] = [
  [3600, "an hour forwards"],
  [-3600, "an hour back"],
  [600, "ten minutes forwards"],
  [-600, "ten minutes back"],
];

/** A new isolate whose first reading of each strategy is by a clock that has been set since. */
async function readByOldClock(
  stage: Stage,
  seconds: number,
  resources: AsyncDisposableStack,
): Promise<void> {
  const { subject } = stage;
  const proxy = resources.use(await startApiProxy(subject.project.url));
  let readings = stage.strategies.length;
  proxy.change = (name, text) => {
    if (name !== "read_catalog" || readings-- <= 0) return text;
    const reading = JSON.parse(text);
    return JSON.stringify({ ...reading, now: reading.now - seconds * 1000 });
  };
  const env = { "SUPABASE_URL": proxy.url };
  stage.redirect = await startWebhook(subject, env, resources);
}

function setDatabaseClock([seconds, name]: (typeof STEPS)[number]): Fault {
  let ends: AsyncDisposableStack;
  return {
    family: "clock",
    name: `the database's clock: set ${name} after it was read`,
    durationMs: 2000,
    recoversWithinMs: RECOVERS_MS,
    isShort: Math.abs(seconds) === 3600,
    prepare: (_, resources) => {
      ends = resources;
      return Promise.resolve();
    },
    inject: (stage) => readByOldClock(stage, seconds, ends),
    heal: () => Promise.resolve(),
  };
}

/** Sets the clock of an isolate by libfaketime. */
function setFunctionClock(
  [seconds, name]: (typeof STEPS)[number],
  library: string,
): Fault {
  let clock: string;
  const set = (to: number) =>
    Deno.writeTextFile(clock, `${to < 0 ? "" : "+"}${to}\n`);
  return {
    family: "clock",
    name: `webhook's clock: set ${name}, and back`,
    durationMs: 3000,
    recoversWithinMs: RECOVERS_MS,
    isShort: Math.abs(seconds) === 3600,
    prepare: async (stage, resources) => {
      clock = await Deno.makeTempFile();
      resources.defer(() => Deno.remove(clock));
      await set(0);
      stage.redirect = await startWebhook(stage.subject, {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": clock,
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
      }, resources);
    },
    inject: () => set(seconds),
    heal: () => set(0),
  };
}

function findLibrary(): string | undefined {
  return LIBRARIES.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

const library = findLibrary();

export const CLOCKS: Fault[] = [
  ...STEPS.map(setDatabaseClock),
  ...(library ? STEPS.map((step) => setFunctionClock(step, library)) : []),
];
/** Why steps of a function's clock are left out, if they are. */
export const WITHOUT_FUNCTION_CLOCK: string | undefined = library
  ? undefined
  : "webhook's own clock: libfaketime is not installed";
