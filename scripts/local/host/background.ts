/** Runs work that nobody waits for; its errors go to the log, unless the stack is stopping. */
import { reasonOf } from "../../cli/failure.ts";
import type { Log } from "./log.ts";

export interface Background {
  run(work: () => Promise<unknown>): void;
  /** Ignores errors from now on: they are expected while the stack stops. */
  stop(): void;
}

export function inBackground(name: string, write: Log["write"]): Background {
  let isStopped = false;
  return {
    run: (work) =>
      void work().catch((error) => {
        if (!isStopped) write(name, reasonOf(error));
      }),
    stop: () => {
      isStopped = true;
    },
  };
}
