import { countAuthFailures } from "../_shared/database/auth_failures.ts";
import { openCatalogCache } from "../_shared/database/catalog_cache.ts";
import { connectDatabase } from "../_shared/database/client.ts";
import { openIngest } from "../_shared/database/ingest.ts";
import { openSimilarNames } from "../_shared/database/similar_names.ts";
import { wakeDispatch } from "../_shared/dispatch_wake.ts";
import { readEnvironment } from "../_shared/environment.ts";
import { serve } from "../_shared/http/serve.ts";
import { watchStalls } from "../_shared/http/stall.ts";
import { type Deps, receiveAlert, RESPOND_WITHIN_MS } from "./handler.ts";

/** Enough to accept and read all that a full backlog of connections holds. */
const DRAIN_MS = 1000;

const environment = readEnvironment(Deno.env);
const database = connectDatabase(environment);
const deps: Deps = {
  ...environment,
  catalog: openCatalogCache(database),
  similarNames: openSimilarNames(database),
  ...openIngest(database, environment),
  failures: countAuthFailures(database),
  stalls: watchStalls({ stallMs: RESPOND_WITHIN_MS, drainMs: DRAIN_MS }),
  wakeDispatch: wakeDispatch(environment),
};

export default serve(
  "webhook",
  (request, correlationId) => receiveAlert(request, correlationId, deps),
);
