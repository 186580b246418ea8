import { openCatalogCache } from "../_shared/database/catalog_cache.ts";
import { connectDatabase } from "../_shared/database/client.ts";
import { readEnvironment } from "../_shared/environment.ts";
import { wakeDispatch } from "../_shared/dispatch_wake.ts";
import { serve } from "../_shared/http/serve.ts";
import { resolveHost } from "../_shared/http/outbound.ts";
import { provision } from "./app.ts";
import { operators } from "./operator.ts";

const environment = readEnvironment(Deno.env);
const database = connectDatabase(environment);
const handle = provision({
  ...environment,
  database,
  catalog: openCatalogCache(database),
  identify: operators(environment),
  resolve: resolveHost,
  wakeDispatch: wakeDispatch(environment),
});

export default serve("provision", handle);
