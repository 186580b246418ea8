/** Starts one more isolate of a function of the running stack, for tests. */
import { requireVariable } from "../../scripts/cli/env.ts";
import { FUNCTIONS_DIR } from "../../scripts/cli/paths.ts";
import { openLog } from "../../scripts/local/host/log.ts";
import { functionEnvironment } from "../../scripts/local/platform/environment.ts";
import {
  type Isolate,
  startIsolate,
} from "../../scripts/local/edge_runtime/isolate.ts";
import type { Limits } from "../../scripts/local/edge_runtime/limits.ts";

/**
 * Starts an isolate with the environment that the platform would give it, which it takes from
 * this process' variables (`deno task test` sets them), overridden by `env`. Call it at
 * `url` + `/NAME/…`, and close it.
 */
export async function startExtraIsolate(
  name: string,
  env: Record<string, string> = {},
  limits: Limits = {},
): Promise<Isolate> {
  const address = {
    apiUrl: requireVariable("SUPABASE_URL"),
    databaseUrl: requireVariable("DATABASE_URL"),
    keys: {
      secretKey: requireVariable("SUPABASE_SECRET_KEY"),
      publishableKey: requireVariable("SUPABASE_PUBLISHABLE_KEY"),
      signingKey: JSON.parse(requireVariable("JWT_SIGNING_KEY")),
    },
  };
  const log = await openLog(requireVariable("STACK_DATA_DIR"));
  const isolate = await startIsolate(name, {
    functionsDir: FUNCTIONS_DIR,
    env: { ...functionEnvironment(address), ...env },
    limits,
    onLine: (line) => log.write(name, line),
  });
  const close = async () => {
    await isolate.close();
    log.close();
  };
  return { ...isolate, close };
}
