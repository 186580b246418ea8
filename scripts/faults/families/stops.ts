/** Processes that are stopped for a while, and go on. */
import type { Fault } from "../stage/fault.ts";
import { POSTGRES, signalTo } from "../stage/subject.ts";

const RECOVERS_MS = 2000;
/** Shorter than the longest stop, so that what waited must not fire. */
const MAX_SIGNAL_AGE_MS = 10_000;

const COMMANDS = {
  Postgres: POSTGRES,
  webhook: /isolate_main\.ts \S+\/webhook\/index/,
  dispatch: /isolate_main\.ts \S+\/dispatch\/index/,
} as const;

function stop(what: keyof typeof COMMANDS, seconds: number): Fault {
  let stopped: number[] = [];
  return {
    family: "stop",
    name: `${what}: stopped for ${seconds} s`,
    durationMs: seconds * 1000,
    recoversWithinMs: RECOVERS_MS,
    isShort: what === "Postgres" ? [3, 40].includes(seconds) : seconds === 3,
    maxSignalAgeMs: MAX_SIGNAL_AGE_MS,
    inject: ({ subject }) => {
      stopped = subject.pids(COMMANDS[what]);
      for (const pid of stopped) signalTo(pid, "SIGSTOP");
      return Promise.resolve();
    },
    heal: () => {
      for (const pid of stopped) signalTo(pid, "SIGCONT");
      return Promise.resolve();
    },
  };
}

export const STOPS: Fault[] = [
  ...[1, 3, 10, 40].map((seconds) => stop("Postgres", seconds)),
  ...[1, 3, 10, 40].map((seconds) => stop("webhook", seconds)),
  ...[1, 3, 10, 40].map((seconds) => stop("dispatch", seconds)),
];
