/**
 * Lets workers wait for signals without holding a connection of the database: one read a second serves all who wait in
 * this isolate.
 *
 * @module
 */
import { z } from "zod";
import type { DatabaseClient } from "../_shared/database/client.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import { logError } from "../_shared/log.ts";

/** The signals that a worker waits for. */
export interface Wanted {
  key_digest: string;
  remote_ip: string | null;
  /** `null`: any queue of its key. */
  queue: string | null;
  tests: boolean;
}

export interface Waits {
  /**
   * Returns whether there is something to claim; false once it is `until` (`performance.now()`), the worker has gone,
   * or the isolate ends. Throws `too_many_calls`.
   */
  wait(
    wanted: Wanted,
    until: number,
    signal: AbortSignal,
  ): Promise<boolean>;
}

const READ_INTERVAL_MS = 1000;
const TIMEOUT_MS = 2000;
const MAX_PER_KEY = 4;
const MAX_WAITS = 100;

interface Waiting {
  wanted: Wanted;
  end(mayClaim: boolean): void;
}

const countsSchema = z.array(z.number());

export function openWaits(database: DatabaseClient): Waits {
  /** In the order in which they came. */
  const waiting = new Set<Waiting>();
  let isReading = false;
  let isEnding = false;

  globalThis.addEventListener("beforeunload", () => {
    isEnding = true;
    for (const one of waiting) one.end(false);
  });

  /** Reads once a second while somebody waits. */
  async function readOn(): Promise<void> {
    isReading = true;
    while (waiting.size) {
      await new Promise((wake) => setTimeout(wake, READ_INTERVAL_MS));
      if (waiting.size) await look().catch((error) => logError("wait", error));
    }
    isReading = false;
  }

  async function look(): Promise<void> {
    const groups = Map.groupBy(waiting, ({ wanted }) => JSON.stringify(wanted));
    const waits = [...groups.values()].map(([first]) => ({ ...first!.wanted }));
    const counts = countsSchema.parse(
      await database.call("count_claimable", { waits }, TIMEOUT_MS),
    );
    [...groups.values()].forEach((group, index) => {
      const count = counts[index]!;
      // A key that has ended: all of them learn it by their claim.
      const some = count < 0 ? group : group.slice(0, count);
      for (const one of some) one.end(true);
    });
  }

  return {
    async wait(wanted, until, signal) {
      const ms = until - performance.now();
      if (isEnding || ms <= 0) return false;
      const same = [...waiting].filter((one) =>
        one.wanted.key_digest === wanted.key_digest
      );
      if (same.length >= MAX_PER_KEY || waiting.size >= MAX_WAITS) {
        throw new Refusal("too_many_calls", {
          detail:
            `Too many wait already: at most ${MAX_PER_KEY} of a key; claim without wait_seconds`,
        });
      }
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const one: Waiting = {
        wanted,
        end(mayClaim) {
          waiting.delete(one);
          resolve(mayClaim);
        },
      };
      const giveUp = () => one.end(false);
      const timer = setTimeout(giveUp, ms);
      signal.addEventListener("abort", giveUp);
      waiting.add(one);
      if (!isReading) void readOn();
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
      }
    },
  };
}
