/**
 * Identifies workers by their keys, as far as can be without the database, which decides in every call.
 *
 * @module
 */
import type {
  AuthFailureCounter,
  AuthFailureReason,
} from "../_shared/database/auth_failures.ts";
import { batch } from "../_shared/database/batch.ts";
import type { DatabaseClient } from "../_shared/database/client.ts";
import { toHex, utf8 } from "../_shared/domain/bytes.ts";
import { sha256 } from "../_shared/domain/credential/digest.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Environment } from "../_shared/environment.ts";
import { clientIp } from "../_shared/http/client_ip.ts";
import { openRateLimit } from "./rate_limit.ts";

export interface IdentifyDeps extends Pick<Environment, "clientIpHeader"> {
  database: DatabaseClient;
  failures: AuthFailureCounter;
}

/** A worker whose key was live when it was last looked up. */
export interface Caller {
  /** Arguments of every call of the database. */
  credentials: { key_digest: string; remote_ip: string | null };
  /** Counts that the database does not take the key, and returns the refusal. */
  refuse(): Refusal;
}

const MAX_SHOWN_CHARACTERS = 100;
const TIMEOUT_MS = 2000;
/** However many unknown keys come, the database is asked ten times a second at most. */
const MIN_INTERVAL_MS = 100;
const MAX_KEYS_PER_READ = 1000;
/** Bounds the memory that callers can make us use. */
const MAX_REMEMBERED = 1000;
/** Of each key: a worker that settles what it claimed, a hundred signals, takes a second. */
const LIMIT = { perSecond: 100, burst: 200, maxKeys: MAX_REMEMBERED };

/** Returns a function that identifies a caller by its headers; it throws `not_authorized` and `too_many_calls`. */
export function identifyBy(
  { database, failures, clientIpHeader }: IdentifyDeps,
): (headers: Headers, correlationId: string) => Promise<Caller> {
  const known = new Set<string>();
  const limit = openRateLimit(LIMIT);
  const find = batch<string, boolean>({
    async send(digests) {
      const live = await database.call(
        "find_worker_keys",
        { key_digests: digests },
        TIMEOUT_MS,
      );
      return digests.map((digest) => live.includes(digest));
    },
    maxItems: MAX_KEYS_PER_READ,
    minIntervalMs: MIN_INTERVAL_MS,
    maxWaitMs: TIMEOUT_MS,
    key: (digest) => digest,
  });

  return async (headers, correlationId) => {
    const remoteIp = clientIp(headers, clientIpHeader);
    const refuse = (reason: AuthFailureReason) => {
      failures.count({
        reason,
        endpoint: "worker",
        strategyId: undefined,
        remoteIp,
        name: undefined,
        userAgent: headers.get("user-agent")?.slice(0, MAX_SHOWN_CHARACTERS),
        correlationId,
        receivedAt: new Date(),
      });
      return new Refusal("not_authorized");
    };
    const stated = headers.get("authorization");
    if (stated === null) throw refuse("no_credential");
    const key = /^Bearer (wk_[A-Za-z0-9_-]{43})$/i.exec(stated)?.[1];
    if (key === undefined) throw refuse("malformed_credential");
    const digest = toHex(sha256(utf8(key)));
    if (!known.has(digest)) {
      if (!await find(digest)) throw refuse("wrong_credential");
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.add(digest);
    }
    if (!limit.take(digest)) throw new Refusal("too_many_calls");
    return {
      credentials: { key_digest: digest, remote_ip: remoteIp ?? null },
      refuse: () => {
        known.delete(digest);
        return refuse("wrong_credential");
      },
    };
  };
}
