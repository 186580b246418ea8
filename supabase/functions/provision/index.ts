import { openCatalogCache } from "../_shared/database/catalog_cache.ts";
import { connectDatabase } from "../_shared/database/client.ts";
import { wakeDispatch } from "../_shared/dispatch_wake.ts";
import { readEnvironment } from "../_shared/environment.ts";
import { resolveHost } from "../_shared/http/outbound.ts";
import { serve } from "../_shared/http/serve.ts";
import { provision } from "./handler.ts";
import { operators } from "./operator.ts";

const environment = readEnvironment(Deno.env);
const database = connectDatabase(environment);
const answer = provision({
  ...environment,
  database,
  catalog: openCatalogCache(database),
  identify: operators(environment),
  resolve: resolveHost,
  wakeDispatch: wakeDispatch(environment),
});

export default serve("provision", answer);
