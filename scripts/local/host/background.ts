/** Work that nobody waits for: why it failed goes to the log, unless the stack is stopping. */
import { reasonOf } from "../../cli/failure.ts";
import type { Log } from "./log.ts";

export interface Background {
  run(work: () => Promise<unknown>): void;
  /** From now on a failure is what is to be expected. */
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
