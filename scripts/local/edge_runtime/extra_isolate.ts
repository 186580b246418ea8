/** Runs one more process of a function against a running stack, for tests. */
import { join } from "node:path";
import { Failure } from "../../cli/failure.ts";
import { PROJECT_DIR } from "../../cli/paths.ts";
import { openLog } from "../host/log.ts";
import { functionEnvironment } from "../platform/environment.ts";
import { type FunctionProcess, launchFunction } from "./isolate.ts";
import type { Limits } from "./limits.ts";

/**
 * Starts the function with what the platform would tell it, as this process'
 * environment has it (`deno task test` sets that), and `env` over it. Call it
 * at `url` + `/NAME/…`, and close it.
 */
export async function startFunction(
  name: string,
  env: Record<string, string> = {},
  limits: Limits = {},
): Promise<FunctionProcess> {
  const address = {
    apiUrl: required("SUPABASE_URL"),
    databaseUrl: required("DATABASE_URL"),
    keys: {
      secretKey: required("SUPABASE_SECRET_KEY"),
      publishableKey: required("SUPABASE_PUBLISHABLE_KEY"),
      signingKey: JSON.parse(required("JWT_SIGNING_KEY")),
    },
  };
  const log = await openLog(required("STACK_DATA_DIR"));
  const running = await launchFunction(name, {
    functionsDir: join(PROJECT_DIR, "supabase/functions"),
    env: { ...functionEnvironment(address), ...env },
    limits,
    onLine: (line) => log.write(name, line),
  });
  const close = async () => {
    await running.close();
    log.close();
  };
  return { ...running, close };
}

function required(name: string): string {
  const value = Deno.env.get(name);
  if (value) return value;
  throw new Failure(`Cannot start a function: ${name} is not set`);
}
