/**
 * Lets a scraper in by the key that opens the metrics, and nothing else.
 *
 * @module
 */
import { batch } from "../../_shared/database/batch.ts";
import type { DatabaseClient } from "../../_shared/database/client.ts";
import { toHex, utf8 } from "../../_shared/domain/bytes.ts";
import { sha256 } from "../../_shared/domain/credential/digest.ts";

const TIMEOUT_MS = 2000;
/** However many unknown keys come, the database is asked ten times a second at most. */
const MIN_INTERVAL_MS = 100;
const MAX_KEYS_PER_READ = 1000;

/** Returns whether the headers contain the key, which a stock Prometheus sends as its bearer token. */
export type IsScraper = (headers: Headers) => Promise<boolean>;

export function scrapers(database: DatabaseClient): IsScraper {
  const find = batch<string, boolean>({
    async send(digests) {
      const live = await database.call(
        "find_metrics_key",
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
  return async (headers) => {
    const key = /^Bearer (mk_[A-Za-z0-9_-]{43})$/i
      .exec(headers.get("authorization") ?? "")?.[1];
    return key !== undefined && await find(toHex(sha256(utf8(key))));
  };
}
