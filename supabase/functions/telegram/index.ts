import { readEnvironment } from "../_shared/environment.ts";
import { serve } from "../_shared/http/serve.ts";
import { receiveUpdates } from "./handler.ts";
import { readSettings } from "./settings.ts";

const environment = readEnvironment(Deno.env);

export default serve(
  "telegram",
  receiveUpdates(environment, readSettings(Deno.env)),
);
