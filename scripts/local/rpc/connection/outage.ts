/**
 * Recovers from an outage as PostgREST 14 does (its `AppState.hs`,
 * `retryingSchemaCacheLoad`): it reads the schema after 1, 2, 4, 8, 16 and then
 * every 32 s, and refuses every call until that succeeds, even if the database is
 * back before. PostgREST 16 keeps the schema that it has, and recovers as soon as
 * the database does.
 *
 * @module
 */
import { reasonOf } from "../../../cli/failure.ts";
import type { Log } from "../../host/log.ts";
import { Problem } from "../http/problem.ts";

export interface Outage {
  /** Called when a connection is lost or cannot be made. */
  begin(): void;
  /** Throws as long as the outage lasts. */
  refuse(): void;
  close(): void;
}

const FIRST_WAIT_S = 1;
const LONGEST_WAIT_S = 32;

/** Refuses calls from the beginning of an outage until `reconnect` succeeds. */
export function followOutages(
  reconnect: () => Promise<unknown>,
  write: Log["write"],
): Outage {
  let isOut = false;
  let isClosed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const recover = async (wait: number) => {
    try {
      await reconnect();
      isOut = false;
    } catch (error) {
      if (isClosed) return;
      write("rest", `Cannot read the schema: ${reasonOf(error)}`);
      const next = Math.min(2 * wait, LONGEST_WAIT_S);
      timer = setTimeout(recover, 1000 * wait, next);
    }
  };
  return {
    begin: () => {
      if (isOut || isClosed) return;
      isOut = true;
      recover(FIRST_WAIT_S);
    },
    refuse: () => {
      if (!isOut) return;
      throw new Problem({
        status: 503,
        code: "PGRST002",
        message: "Could not query the database for the schema cache. Retrying.",
      });
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
