/**
 * Ends isolates as the platform's edge runtime does (supabase/edge-runtime,
 * `strategy_per_worker.rs`, and `beforeunload`'s 90 % in `cli/src/flags.rs`): retired at half
 * a limit, warned at nine tenths, killed at the limit in the middle of whatever it does.
 */
import { pause } from "../host/waiting.ts";
import { cpuTimeOf } from "./cpu_time.ts";

/** How much an isolate may use in its life (docs functions/limits). */
export interface Limits {
  /** Since it listens. The platform's: 150 s on the Free plan, else 400 s. */
  wallClockMs?: number;
  /** Accumulated over its life, since it listens. The platform's: 2000. */
  cpuMs?: number;
  /** The most that V8's heap may grow to: beyond it the isolate dies. */
  memoryMb?: number;
}

/** The reason as `beforeunload` has it (`@supabase/functions-js`, `edge-runtime.d.ts`). */
export type Reason = "wall_clock" | "cpu";

/** The stages of an isolate's end. */
export interface Stages {
  /** It gets no new requests, and may end once it is idle. */
  retire(reason: Reason): void;
  /** The function gets `beforeunload`. */
  unload(reason: Reason): void;
  kill(reason: Reason): void;
}

/** The finest that CPU time is measured in. */
const LEAST_PAUSE_MS = 10;

/** Takes an isolate that listens through the stages of its end, until `signal` is aborted; without limits it does nothing. */
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

/** Milliseconds used so far; undefined once the isolate has ended. */
type Used = () => number | undefined | Promise<number | undefined>;

/** Booting is free: here it also fetches and compiles what a deployment has bundled. */
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
      // A thread uses no more CPU time than time passes: it is not reached any earlier.
      await pause(Math.max(left, LEAST_PAUSE_MS), signal);
    }
    enter(reason);
  }
}
