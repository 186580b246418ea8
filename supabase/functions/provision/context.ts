/**
 * The dependencies of `provision`, and the variables of one request.
 *
 * @module
 */
import type { CatalogCache } from "../_shared/database/catalog_cache.ts";
import type { DatabaseClient } from "../_shared/database/client.ts";
import type { Environment } from "../_shared/environment.ts";
import type { TargetRules } from "../_shared/http/outbound.ts";
import type { Identify } from "./operator.ts";

export interface Deps
  extends
    TargetRules,
    Pick<Environment, "secretKey" | "publicUrl" | "internalUrl"> {
  database: DatabaseClient;
  catalog: CatalogCache;
  identify: Identify;
  wakeDispatch(): void;
}

/** Hono's variables of one request. */
export interface RequestEnv {
  Variables: {
    /** The caller, as the audit names them. */
    actor: string;
  };
}
