/**
 * Comes back after an outage as PostgREST 14 does (its `AppState.hs`,
 * `retryingSchemaCacheLoad`), which asks for the schema after 1, 2, 4, 8, 16 and then
 * every 32 s, and refuses every call until that has succeeded, although the
 * database may be there again. PostgREST 16 keeps the schema that it has, and is back
 * as soon as the database is.
 *
 * @module
 */
import { reasonOf } from "../../../cli/failure.ts";
import type { Log } from "../../host/log.ts";
import { Problem } from "../http/problem.ts";

export interface Outage {
  /** A connection was lost, or could not be made. */
  begin(): void;
  /** Throws as long as the API is away. */
  refuse(): void;
  close(): void;
}

const FIRST_WAIT_S = 1;
const LONGEST_WAIT_S = 32;

/** Stays away from the beginning of an outage until `reconnect` succeeds. */
export function followOutages(
  reconnect: () => Promise<unknown>,
  write: Log["write"],
): Outage {
  let isAway = false;
  let isClosed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const comeBack = async (wait: number) => {
    try {
      await reconnect();
      isAway = false;
    } catch (error) {
      if (isClosed) return;
      write("rest", `Cannot read the schema: ${reasonOf(error)}`);
      const next = Math.min(2 * wait, LONGEST_WAIT_S);
      timer = setTimeout(comeBack, 1000 * wait, next);
    }
  };
  return {
    begin: () => {
      if (isAway || isClosed) return;
      isAway = true;
      comeBack(FIRST_WAIT_S);
    },
    refuse: () => {
      if (!isAway) return;
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
