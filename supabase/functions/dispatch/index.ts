import { connectDatabase } from "../_shared/database/client.ts";
import { readEnvironment } from "../_shared/environment.ts";
import { resolveHost } from "../_shared/http/outbound.ts";
import { serve } from "../_shared/http/serve.ts";
import { dispatch } from "./handler.ts";
import { readChannels } from "./notify.ts";

const environment = readEnvironment(Deno.env);

export default serve(
  "dispatch",
  dispatch({
    ...environment,
    database: connectDatabase(environment),
    resolve: resolveHost,
    channels: readChannels(Deno.env),
  }),
);
