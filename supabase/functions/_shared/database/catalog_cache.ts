/**
 * Caches the catalog of strategies in this isolate. The cache never decides alone: what it returns is
 * checked again when an alert is ingested, and before a refusal is final.
 *
 * @module
 */
import { isStorable } from "../domain/json/postgres_text.ts";
import { maskText } from "../domain/mask/text.ts";
import {
  hasName,
  secretTexts,
  type Snapshot,
  type Strategy,
} from "../domain/strategy.ts";
import { logError } from "../log.ts";
import { batch } from "./batch.ts";
import { openSettings, openStrategy, readingSchema } from "./catalog_rows.ts";
import type { DatabaseClient } from "./client.ts";
import { openDatabaseClock } from "./database_clock.ts";

export interface CatalogCache {
  /** Returns the snapshot for a name, slug or alias: cached, or read now. */
  find(name: string): Promise<Snapshot>;
  /** Whether a snapshot that was read before `since` has changed; reads the version for all who ask now together. */
  isStale(snapshot: Snapshot, since: number): Promise<boolean>;
  /** Forgets everything; the next `find` reads. */
  forget(): void;
  /** Returns the database's time at a moment (`performance.now()`), once a snapshot was found. */
  timeAt(moment: number): Date;
}

/** Longest name there can be, 100 characters of two units each: longer ones name nothing and are not looked up. */
const MAX_NAME_LENGTH = 200;
/** As long as a token; few names are. */
const MIN_CREDENTIAL_LENGTH = 43;
/** Bounds the memory that callers can make us use; of each kind. */
const MAX_REMEMBERED = 2000;
const MAX_NAMES_PER_READ = 1000;
/** As long as a sender waits. */
const TIMEOUT_MS = 2000;
/** However many are refused, the database is read at most ten times a second. */
const MIN_READ_INTERVAL_MS = 100;

export function openCatalogCache(database: DatabaseClient): CatalogCache {
  let version: number | undefined;
  const known = new Map<string, Snapshot>();
  /** Kept apart, so that strangers who try names and spellings push out no strategy. */
  const misspelt = new Map<string, Snapshot>();
  const clock = openDatabaseClock();
  let isRefreshing = false;

  function forget(): void {
    known.clear();
    misspelt.clear();
  }

  async function read(names: string[]): Promise<Snapshot[]> {
    const readAt = performance.now();
    const wanted = names.filter((name) => name !== "");
    const reading = readingSchema.parse(
      await database.call("read_catalog", { names: wanted }, TIMEOUT_MS),
    );
    clock.set(reading.now, performance.now());
    if (reading.version !== version) forget();
    version = reading.version;
    const settings = openSettings(reading.settings);
    const opened = new Map<string, Strategy>();
    for (const row of Object.values(reading.strategies)) {
      opened.set(row.id, openStrategy(row));
    }
    const ids = new Map(Object.entries(reading.names));
    return names.map((name) => {
      const strategy = opened.get(ids.get(name) ?? "");
      const snapshot = {
        version: reading.version,
        readAt,
        settings,
        ...(strategy && { strategy }),
      };
      const isExact = strategy !== undefined && hasName(strategy, name);
      remember(isExact ? known : misspelt, name, snapshot);
      return snapshot;
    });
  }

  const readTogether = batch({
    send: read,
    maxItems: MAX_NAMES_PER_READ,
    minIntervalMs: MIN_READ_INTERVAL_MS,
    maxWaitMs: TIMEOUT_MS,
    key: (name) => name,
  });

  /** Reads while what is known is still good, so that no alert waits for it. */
  async function refresh(name: string): Promise<void> {
    if (isRefreshing) return;
    isRefreshing = true;
    try {
      await readTogether(name);
    } catch (error) {
      logError("catalog", error); // the next alert tries again
    } finally {
      isRefreshing = false;
    }
  }

  async function findKey(key: string): Promise<Snapshot> {
    const snapshot = known.get(key) ?? misspelt.get(key);
    if (!snapshot || clock.isTooOld()) return await readTogether(key);
    if (clock.isDue()) void refresh(key);
    return snapshot;
  }

  /** Whether a name is a credential that stands in its place: a call that carries it could be logged. */
  async function isCredential(name: string): Promise<boolean> {
    if (name.length < MIN_CREDENTIAL_LENGTH) return false;
    return maskText(name, secretTexts(await findKey(""))) !== name;
  }

  return {
    async find(name) {
      const isName = isPossible(name) && !await isCredential(name);
      return await findKey(isName ? name : "");
    },
    async isStale(snapshot, since) {
      if (snapshot.readAt >= since) return false;
      return (await readTogether("")).version !== snapshot.version;
    },
    forget,
    timeAt: clock.at,
  };
}

/** Whether a strategy can have the name. Case is folded by the database alone: JavaScript folds Σ and İ otherwise. */
function isPossible(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && isStorable(name);
}

/** Drops the oldest when full. */
function remember(
  memory: Map<string, Snapshot>,
  name: string,
  snapshot: Snapshot,
): void {
  memory.delete(name);
  memory.set(name, snapshot);
  if (memory.size > MAX_REMEMBERED) {
    memory.delete(memory.keys().next().value!);
  }
}
