/**
 * Looks up strategies by names that are similar to an unknown one, for the sentence of a refusal.
 *
 * @module
 */
import { z } from "zod";
import { namesToCompare, type Slugs } from "../domain/hints/strategy_names.ts";
import { isStorable } from "../domain/json/postgres_text.ts";
import { batch } from "./batch.ts";
import type { DatabaseClient } from "./client.ts";

/** Returns the slugs of strategies with similar names on the universal endpoint, by name. */
export type SimilarNames = (name: string) => Promise<Slugs>;

/** A hint is worth no more: the sender waits for it. */
const TIMEOUT_MS = 500;
const MAX_NAMES = 100;
/** However many are refused, the database is asked at most ten times a second. */
const MIN_INTERVAL_MS = 100;
/** Longer names name nothing. */
const MAX_NAME_LENGTH = 200;

const slugsSchema = z.record(z.string(), z.string());

export function openSimilarNames(database: DatabaseClient): SimilarNames {
  const find = batch<string, Slugs>({
    async send(names) {
      const found = slugsSchema.parse(
        await database.call(
          "find_similar_names",
          { names: names.flatMap(namesToCompare) },
          TIMEOUT_MS,
        ),
      );
      return names.map(() => found);
    },
    maxItems: MAX_NAMES,
    minIntervalMs: MIN_INTERVAL_MS,
    maxWaitMs: TIMEOUT_MS,
    key: (name) => name,
  });
  return async (name) =>
    name.length > MAX_NAME_LENGTH || !isStorable(name) ? {} : await find(name);
}
