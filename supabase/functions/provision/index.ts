import { rememberCatalog } from "../_shared/adapters/catalog.ts";
import { connectDatabase } from "../_shared/adapters/database.ts";
import { readEnvironment } from "../_shared/adapters/environment.ts";
import { wakeDispatch } from "../_shared/adapters/waker.ts";
import { serve } from "../_shared/http/serve.ts";
import { resolveHost } from "../_shared/http/target.ts";
import { provision } from "./handler.ts";
import { operators } from "./operator.ts";

const environment = readEnvironment(Deno.env);
const database = connectDatabase(environment);
const answer = provision({
  ...environment,
  database,
  catalog: rememberCatalog(database),
  identify: operators(environment),
  resolve: resolveHost,
  wakeDispatch: wakeDispatch(environment),
});

export default serve("provision", answer);
