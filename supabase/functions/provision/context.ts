/**
 * What every part of provisioning is handed.
 *
 * @module
 */
import type { CatalogCache } from "../_shared/database/catalog_cache.ts";
import type { DatabaseClient } from "../_shared/database/client.ts";
import type { Identify } from "./operator.ts";
import type { RouteWorld } from "./routes.ts";

/** The world outside, as provisioning needs it. */
export interface World extends RouteWorld {
  database: DatabaseClient;
  identify: Identify;
  secretKey: string;
  publicUrl: string;
  wakeDispatch(): void;
  catalog: CatalogCache;
}

/** Hono's variables of one call. */
export interface Env {
  Variables: { actor: string };
}
