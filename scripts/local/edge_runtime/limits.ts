/**
 * Ends isolates as the platform's edge runtime does (supabase/edge-runtime,
 * `strategy_per_worker.rs`, and the 90 % of `beforeunload` in `cli/src/flags.rs`): retired at
 * half of a limit, warned at nine tenths, killed at the limit whatever it is doing.
 */
import { pause } from "../host/waiting.ts";
import { cpuTimeOf } from "./cpu_time.ts";

/** The most that an isolate may use in its life (docs functions/limits). */
export interface Limits {
  /** Counted from when it listens. On the platform 150 s on the Free plan, else 400 s. */
  wallClockMs?: number;
  /** Added up from when it listens. On the platform 2000. */
  cpuMs?: number;
  /** The largest size of V8's heap, beyond which the isolate dies. */
  memoryMb?: number;
}

/** The reason in the `beforeunload` event (`@supabase/functions-js`, `edge-runtime.d.ts`). */
export type Reason = "wall_clock" | "cpu";

/** The stages of an isolate's end. */
export interface Stages {
  /** Sends it no new requests, and lets it end once it is idle. */
  retire(reason: Reason): void;
  /** Sends the function `beforeunload`. */
  unload(reason: Reason): void;
  kill(reason: Reason): void;
}

/** The resolution of CPU time. */
const MIN_PAUSE_MS = 10;

/** Takes a listening isolate through the stages of its end, unless `signal` is aborted first. Without limits it does nothing. */
export function enforceLimits(
  pid: number,
  { wallClockMs, cpuMs }: Limits,
  stages: Stages,
  signal: AbortSignal,
): void {
  const since = performance.now();
  const follow = (reason: Reason, limitMs: number, used: Used) =>
    void enforce(reason, limitMs, used, stages, signal);
  if (wallClockMs !== undefined) {
    follow("wall_clock", wallClockMs, () => performance.now() - since);
  }
  if (cpuMs !== undefined) follow("cpu", cpuMs, cpuTimeFromNow(pid));
}

/** Returns the milliseconds used so far, or undefined once the isolate has ended. */
type Used = () => number | undefined | Promise<number | undefined>;

/** Leaves out the boot, which here fetches and compiles what a deployment has bundled. */
function cpuTimeFromNow(pid: number): Used {
  const boot = cpuTimeOf(pid);
  return async () => {
    const [before, now] = [await boot, await cpuTimeOf(pid)];
    return before === undefined || now === undefined ? undefined : now - before;
  };
}

async function enforce(
  reason: Reason,
  limitMs: number,
  used: Used,
  { retire, unload, kill }: Stages,
  signal: AbortSignal,
): Promise<void> {
  for (
    const [share, enter] of [[0.5, retire], [0.9, unload], [1, kill]] as const
  ) {
    while (true) {
      const now = await used();
      if (now === undefined || signal.aborted) return;
      const left = share * limitMs - now;
      if (left <= 0) break;
      // A thread cannot use more CPU time than the time that passes: the stage is not reached earlier.
      await pause(Math.max(left, MIN_PAUSE_MS), signal);
    }
    enter(reason);
  }
}
