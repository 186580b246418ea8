import { rememberCatalog } from "../_shared/adapters/catalog.ts";
import { connectDatabase } from "../_shared/adapters/database.ts";
import { readEnvironment } from "../_shared/adapters/environment.ts";
import { countFailures } from "../_shared/adapters/failure_counter.ts";
import { openLedger } from "../_shared/adapters/ledger.ts";
import { wakeDispatch } from "../_shared/adapters/waker.ts";
import { serve } from "../_shared/http/serve.ts";
import { receiveAlert, type World } from "./handler.ts";

const environment = readEnvironment(Deno.env);
const database = connectDatabase(environment);
const world: World = {
  ...environment,
  catalog: rememberCatalog(database),
  ledger: openLedger(database, environment),
  failures: countFailures(database),
  wakeDispatch: wakeDispatch(environment),
  now: () => new Date(),
};

export default serve(
  "webhook",
  (request, correlationId) => receiveAlert(request, correlationId, world),
);
