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
  endpoint: "universal" | "dedicated" | "worker";
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

/** One report. Sent again under its number until it is answered: the database counts it once. */
interface Flush {
  number: number;
  failures: Counted[];
}

export function countAuthFailures(
  database: DatabaseClient,
): AuthFailureCounter {
  const isolateId = crypto.randomUUID();
  let counted = new Map<string, Counted>();
  let total = 0;
  let flushes = 0;
  let unanswered: Flush | undefined;
  let flushSoon: (() => void) | undefined;
  let isEnding = false;

  function takeCounted(): Flush {
    const failures = [...counted.values()];
    counted = new Map();
    total = 0;
    return { number: ++flushes, failures };
  }

  async function flush(): Promise<void> {
    unanswered ??= takeCounted();
    try {
      await database.call("record_auth_failures", {
        failures: unanswered.failures.map(wireForm),
        isolate_id: isolateId,
        flush: unanswered.number,
      });
      unanswered = undefined;
    } catch (error) {
      logError("auth_failures", error);
    }
    flushSoon = undefined;
    if (unanswered || counted.size) schedule();
  }

  function schedule(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    flushSoon = resolve;
    const wait = isEnding && !unanswered ? 0 : FLUSH_AFTER_MS;
    const timer = setTimeout(resolve, wait);
    const flushed = promise.then(() => clearTimeout(timer)).then(flush);
    inBackground(flushed);
  }

  globalThis.addEventListener("beforeunload", () => {
    isEnding = true;
    flushSoon?.();
  });

  return {
    count(failure) {
      add(counted, failure);
      total++;
      if (!flushSoon) schedule();
      if (total >= FLUSH_AT && !unanswered) flushSoon?.();
    },
  };
}

/** Counts a failure; when there are very many addresses, new ones are counted under none. */
function add(counted: Map<string, Counted>, failure: AuthFailure): void {
  const one = counted.size < FLUSH_AT || counted.has(keyOf(failure))
    ? failure
    : { ...failure, remoteIp: undefined };
  const key = keyOf(one);
  const count = (counted.get(key)?.count ?? 0) + 1;
  counted.set(key, { failure: one, count });
}

function keyOf(
  { reason, endpoint, strategyId, remoteIp }: AuthFailure,
): string {
  return [reason, endpoint, strategyId, remoteIp].join(" ");
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
