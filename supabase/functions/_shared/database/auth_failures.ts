/**
 * Counts requests that fail authentication, and reports them to the database now and then: a flood
 * of them costs no write on any request's path.
 *
 * @module
 */
import { inBackground } from "../background.ts";
import { logError } from "../log.ts";
import type { DatabaseClient } from "./client.ts";

export type AuthFailureReason =
  | "no_credential"
  | "malformed_credential"
  | "wrong_credential"
  | "rotated_secret"
  | "unlisted_method"
  | "address_not_allowed"
  | "token_reused"
  | "unknown_strategy"
  | "archived_strategy";

export interface AuthFailure {
  reason: AuthFailureReason;
  endpoint: "universal" | "dedicated";
  /** The strategy that it named, if there is one. */
  strategyId: string | undefined;
  remoteIp: string | undefined;
  /** The name that it asked for, if that may be shown. */
  name: string | undefined;
  userAgent: string | undefined;
  correlationId: string;
  receivedAt: Date;
}

export interface AuthFailureCounter {
  count(failure: AuthFailure): void;
}

const FLUSH_AFTER_MS = 2000;
const FLUSH_AT = 500;

interface Counted {
  failure: AuthFailure;
  count: number;
}

export function countAuthFailures(
  database: DatabaseClient,
): AuthFailureCounter {
  let counted = new Map<string, Counted>();
  let total = 0;
  let flushSoon: (() => void) | undefined;

  function add({ failure, count }: Counted): void {
    const { reason, endpoint, strategyId, remoteIp } = failure;
    const key = [reason, endpoint, strategyId, remoteIp].join(" ");
    const known = counted.get(key) ?? { failure, count: 0 };
    counted.set(key, { ...known, count: known.count + count });
    total += count;
  }

  async function flush(): Promise<void> {
    const reporting = counted;
    counted = new Map();
    total = 0;
    flushSoon = undefined;
    try {
      await database.call("record_auth_failures", {
        failures: Array.from(reporting.values(), wireForm),
      });
    } catch (error) {
      logError("auth_failures", error);
      // Kept for the next time: as many senders as one flush takes, the others without their addresses.
      for (const [index, one] of [...reporting.values()].entries()) {
        add(index < FLUSH_AT ? one : withoutSender(one));
      }
      schedule();
    }
  }

  function schedule(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    flushSoon = resolve;
    const timer = setTimeout(resolve, FLUSH_AFTER_MS);
    const flushed = promise.then(() => clearTimeout(timer)).then(flush);
    inBackground(flushed);
  }

  globalThis.addEventListener("beforeunload", () => flushSoon?.());

  return {
    count(failure) {
      add({ failure, count: 1 });
      if (!flushSoon) schedule();
      if (total >= FLUSH_AT) flushSoon?.();
    },
  };
}

function withoutSender({ failure, count }: Counted): Counted {
  return { failure: { ...failure, remoteIp: undefined }, count };
}

function wireForm({ failure, count }: Counted) {
  return {
    reason: failure.reason,
    endpoint: failure.endpoint,
    strategy_id: failure.strategyId,
    remote_ip: failure.remoteIp,
    count,
    sample: {
      name: failure.name,
      user_agent: failure.userAgent,
      correlation_id: failure.correlationId,
      received_at: failure.receivedAt.toISOString(),
    },
  };
}
