/** Keeps the server running: starts it again when it ends, as long as there is hope. */
import type { Failure } from "../../../cli/failure.ts";
import { pause } from "../../host/waiting.ts";
import { EndFailure, type Server } from "./server.ts";

export interface KeptServer {
  /** Settled when it has ended for good: with the last failure, unless it was stopped. */
  ended: Promise<Failure | undefined>;
  stop(): Promise<void>;
}

/** The pause after each failure in a row; after one more there is no hope. */
const PAUSES_MS = [0, 250, 500, 1000, 2000];
/** The pause while the disk is full, which is waited for. */
const FULL_PAUSE_MS = 1000;
/** A server that ran for less counts as one that did not start. */
const STEADY_MS = 1000;

type Start = () => Promise<Server>;

/**
 * Starts the server, and starts it again whenever it ends, until it has failed too often in a row.
 * Says so each time in one sentence, but not of a full disk, which is reported where it is seen.
 * Gives up as soon as `signal` is aborted.
 */
export async function keepServer(
  start: Start,
  say: (sentence: string) => void,
  signal?: AbortSignal,
): Promise<KeptServer> {
  const stopping = new AbortController();
  signal?.addEventListener("abort", () => stopping.abort());
  const patience = openPatience(say, stopping.signal);
  let server = await startPatiently(start, patience);
  const keep = async () => {
    while (!stopping.signal.aborted) {
      const since = performance.now();
      const failure = await server.ended;
      // What is left of it is collected before the next one.
      await server.stop();
      if (performance.now() - since >= STEADY_MS) patience.renew();
      if (!await patience.survives(failure)) throw failure;
      server = await startPatiently(start, patience);
    }
    await server.stop();
  };
  const ended = keep().then(() => undefined, (error) => {
    if (stopping.signal.aborted) return undefined;
    if (error instanceof EndFailure) return error;
    throw error;
  });
  const stop = async () => {
    stopping.abort();
    await server.stop();
    await ended;
  };
  return { ended, stop };
}

async function startPatiently(
  start: Start,
  patience: Patience,
): Promise<Server> {
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof EndFailure)) throw error;
      if (!await patience.survives(error)) throw error;
    }
  }
}

interface Patience {
  /** Waits before the next try; false if there is to be none. */
  survives(failure: EndFailure): Promise<boolean>;
  /** Forgets the failures so far. */
  renew(): void;
}

function openPatience(
  say: (sentence: string) => void,
  signal: AbortSignal,
): Patience {
  let failures = 0;
  return {
    survives: async (failure) => {
      let wait: number | undefined = FULL_PAUSE_MS;
      if (!failure.isDiskFull) {
        wait = PAUSES_MS[failures++];
        if (wait === undefined || signal.aborted) return false;
        say(`${failure.message}; starting it again`);
      }
      await pause(wait, signal);
      return !signal.aborted;
    },
    renew: () => failures = 0,
  };
}
