import { countAuthFailures } from "../_shared/database/auth_failures.ts";
import { connectDatabase } from "../_shared/database/client.ts";
import { readEnvironment } from "../_shared/environment.ts";
import { serve } from "../_shared/http/serve.ts";
import { worker } from "./handler.ts";

const environment = readEnvironment(Deno.env);
const database = connectDatabase(environment);

export default serve(
  "worker",
  worker({ ...environment, database, failures: countAuthFailures(database) }),
);
