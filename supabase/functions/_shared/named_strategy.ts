/**
 * Compares the names in alerts and URLs with the strategy that was found.
 *
 * @module
 */
import { strategyNameOf } from "./domain/alert/alert.ts";
import type { AlertBody } from "./domain/alert/body.ts";
import {
  type Endpoint,
  hasName,
  type Snapshot,
  type Strategy,
} from "./domain/strategy.ts";
import type { CatalogCache } from "./database/catalog_cache.ts";

type Catalog = Pick<CatalogCache, "find">;

/** Whether the strategy has this name, slug or alias, in any spelling that the database takes for it. */
export async function isCalled(
  strategy: Strategy,
  name: string,
  catalog: Catalog,
): Promise<boolean> {
  if (hasName(strategy, name)) return true;
  return (await catalog.find(name)).strategy?.id === strategy.id;
}

/** Whether an alert's payload names another strategy than the one that was found. */
export async function namesOther(
  body: AlertBody,
  endpoint: Endpoint,
  { strategy }: Snapshot,
  catalog: Catalog,
): Promise<boolean> {
  const name = strategy && strategyNameOf(body, endpoint);
  return name !== undefined && !await isCalled(strategy!, name, catalog);
}
