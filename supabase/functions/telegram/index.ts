import { readEnvironment } from "../_shared/environment.ts";
import { serve } from "../_shared/http/serve.ts";
import { readTelegramSettings } from "../_shared/telegram_environment.ts";
import { receiveUpdates } from "./handler.ts";

const environment = readEnvironment(Deno.env);

export default serve(
  "telegram",
  receiveUpdates(environment, readTelegramSettings(Deno.env)),
);
