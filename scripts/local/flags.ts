/** The flags of `scripts/start.ts`. */
import { join } from "node:path";
import { FUNCTIONS_ENV_FILE, readEnvFile } from "../cli/env.ts";
import { Failure } from "../cli/failure.ts";
import { parseFlags } from "../cli/parse_flags.ts";
import { fromCaller, PROJECT_DIR } from "../cli/paths.ts";

export interface Flags {
  apiPort: number;
  dbPort: number;
  dataDir: string;
  /** The variables of the functions' env-file. */
  env: Record<string, string>;
  fresh: boolean;
  help: boolean;
}

export const USAGE = `Starts the local stack: API, database and functions.

  deno task start [flags]

  --api-port PORT   of functions and RPC (54321)
  --db-port PORT    of Postgres (54322)
  --data-dir DIR    where database, keys and logs are kept (.local)
  --env-file FILE   environment of the functions (supabase/functions/.env)
  --fresh           delete what an earlier start made, then start
  --help            show this`;

/** Parses and checks the flags. */
export function readFlags(args: string[]): Flags {
  const { values } = parseFlags({
    args,
    options: {
      "api-port": { type: "string" },
      "db-port": { type: "string" },
      "data-dir": { type: "string" },
      "env-file": { type: "string" },
      fresh: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  const apiPort = readPort("--api-port", values["api-port"] ?? "54321");
  const dbPort = readPort("--db-port", values["db-port"] ?? "54322");
  if (apiPort === dbPort) {
    throw new Failure(
      `Cannot use ${apiPort} twice: --api-port and --db-port must differ`,
    );
  }
  return {
    apiPort,
    dbPort,
    dataDir: readDataDir(values["data-dir"]),
    env: readEnvFile(values["env-file"], FUNCTIONS_ENV_FILE),
    fresh: values.fresh ?? false,
    help: values.help ?? false,
  };
}

function readPort(flag: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new Failure(
    `Cannot use ${flag} "${text}": a port is a number from 1 to 65535`,
  );
}

function readDataDir(dir: string | undefined): string {
  if (dir === undefined) return join(PROJECT_DIR, ".local");
  if (dir === "") throw new Failure('Cannot use --data-dir "": it is empty');
  return fromCaller(dir);
}
