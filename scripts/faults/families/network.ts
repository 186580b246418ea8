/** A network between `webhook` and its database that is slow, breaks connections, or swallows what is sent. */
import { type ApiProxy, startApiProxy } from "../stage/api_proxy.ts";
import type { Fault } from "../stage/fault.ts";
import { startWebhook } from "../stage/isolate.ts";
import { pause } from "../stage/waiting.ts";

const RECOVERS_MS = 2000;
const BREAK_EVERY = 3;

/** Returns what ends the disturbance. */
type Disturb = (proxy: ApiProxy) => () => void;

function disturbed(
  name: string,
  seconds: number,
  disturb: Disturb,
  isShort = false,
): Fault {
  let proxy: ApiProxy;
  let end = () => {};
  return {
    family: "network",
    name: `${name} for ${seconds} s`,
    durationMs: seconds * 1000,
    recoversWithinMs: RECOVERS_MS,
    isShort,
    prepare: async (stage, resources) => {
      const { subject } = stage;
      proxy = resources.use(await startApiProxy(subject.project.url));
      const env = { "SUPABASE_URL": proxy.url };
      stage.redirect = await startWebhook(subject, env, resources);
    },
    inject: () => {
      end = disturb(proxy);
      return Promise.resolve();
    },
    heal: () => {
      end();
      return Promise.resolve();
    },
  };
}

function delay(ms: number): Disturb {
  return (proxy) => {
    proxy.before = () => pause(ms);
    return () => proxy.before = () => {};
  };
}

/** Half of what is broken has reached the database. */
const reset: Disturb = (proxy) => {
  let calls = 0;
  proxy.before = () => {
    if (++calls % (2 * BREAK_EVERY) === 0) throw new Error("broken on the way");
  };
  proxy.breaks = () => calls % (2 * BREAK_EVERY) === BREAK_EVERY;
  return () => {
    proxy.before = () => {};
    proxy.breaks = () => false;
  };
};

/** Nothing comes through; what was sent arrives when the network is back. */
const blackHole: Disturb = (proxy) => {
  const back = Promise.withResolvers<void>();
  proxy.before = () => back.promise;
  return () => {
    proxy.before = () => {};
    back.resolve();
  };
};

export const NETWORK: Fault[] = [
  disturbed("every call 300 ms late", 4, delay(300), true),
  disturbed("every call 1.5 s late", 5, delay(1500)),
  disturbed("connections broken, before and after the call", 4, reset, true),
  disturbed("connections broken, before and after the call", 10, reset),
  disturbed("calls swallowed", 3, blackHole, true),
  disturbed("calls swallowed", 10, blackHole),
];
