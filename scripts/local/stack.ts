/**
 * The local stack: a project like one on Supabase, on this machine, without
 * Docker. Postgres with Supabase's roles and extensions, the migrations, RPC,
 * the functions, cron jobs and the HTTP queue.
 */
import { join } from "node:path";
import { PROJECT_DIR } from "../cli/paths.ts";
import {
  type FunctionProcess,
  launchFunction,
} from "./edge_runtime/isolate.ts";
import type { Limits } from "./edge_runtime/limits.ts";
import {
  type Functions,
  listFunctions,
  runFunctions,
} from "./edge_runtime/supervisor.ts";
import { type Layout } from "./host/layout.ts";
import { type Log, openLog } from "./host/log.ts";
import { announceIfSlow, unlessStopped } from "./host/waiting.ts";
import {
  functionConfig,
  type ProjectConfig,
  readConfig,
} from "./platform/config.ts";
import { type Runner, startCron } from "./platform/cron.ts";
import {
  environmentFile,
  functionEnvironment,
} from "./platform/environment.ts";
import type { Gateway } from "./platform/gateway.ts";
import { type Keys, loadKeys, publicKeys } from "./platform/keys.ts";
import { startNet } from "./platform/net.ts";
import { verifyWith } from "./platform/verify_jwt.ts";
import { layBinaries } from "./postgres/binaries.ts";
import { bootstrap } from "./postgres/bootstrap.ts";
import { makeCluster } from "./postgres/cluster.ts";
import { databaseUrl } from "./postgres/database.ts";
import { migrate } from "./postgres/migrate.ts";
import { type Server, startServer } from "./postgres/server.ts";
import { type GroundOptions, takeGround } from "./reserve.ts";
import { openRpc, type RpcOptions } from "./rpc/rpc.ts";

export interface StackOptions extends GroundOptions, RpcOptions {
  /** What the functions' env-file says. */
  env?: Record<string, string>;
  migrationsDir?: string;
  functionsDir?: string;
  /** Limits of each function's process. */
  limits?: Limits;
  /** Start no functions. */
  databaseOnly?: boolean;
  /** false: no cron job runs, as where pg_cron's worker is down. */
  cron?: boolean;
  /** Stops a start that is under way. */
  signal?: AbortSignal;
  /** Gets each line that a function writes. */
  onLine?(name: string, line: string): void;
}

export interface Stack {
  apiUrl: string;
  databaseUrl: string;
  dbPort: number;
  secretKey: string;
  publishableKey: string;
  signingKey: Keys["signingKey"];
  dataDir: string;
  functions: string[];
  /** Runs one more process of a function, with `env` over what all functions get. */
  startFunction(
    name: string,
    env?: Record<string, string>,
    limits?: Limits,
  ): Promise<FunctionProcess>;
  /** Settled when the database has ended by itself. */
  databaseEnded: Promise<void>;
  close(): Promise<void>;
}

/** What must be undone, last first. */
type Cleanup = AsyncDisposableStack;

/** Brings everything up, or nothing: whatever fails, what was started is stopped. */
export async function startStack(options: StackOptions): Promise<Stack> {
  await using cleanup = new AsyncDisposableStack();
  const { signal, limits = {}, cron = true, onStep: say = () => {} } = options;
  const { layout, gateway, dbPort } = await takeGround(options, cleanup);
  const keys = await loadKeys(layout.dataDir);
  const apiUrl = `http://127.0.0.1:${gateway.port}`;
  const address = { apiUrl, databaseUrl: databaseUrl(dbPort), keys };
  const env = { ...functionEnvironment(address), ...options.env };
  const functionsDir = options.functionsDir ??
    join(PROJECT_DIR, "supabase/functions");
  const config = await readConfig(functionsDir);
  const log = await openLog(layout.dataDir, options.onLine);
  cleanup.defer(() => log.close());
  const { write } = log;

  // The functions boot while the database does: neither waits for the other.
  const names = options.databaseOnly ? [] : await listFunctions(functionsDir);
  const enabled = names.filter((name) => functionConfig(config, name).enabled);
  const functions = runFunctions(enabled, {
    functionsDir,
    env,
    limits,
    onLine: write,
  });
  cleanup.adopt(functions, (running) => running.close());
  const server = await startDatabase(layout, dbPort, cleanup, options);
  const count = await migrate(
    dbPort,
    options.migrationsDir ?? join(PROJECT_DIR, "supabase/migrations"),
  );
  signal?.throwIfAborted();
  if (count > 0) say(`Applied ${count} migrations`);
  const booting = unlessStopped(signal, functions.ready);
  await announceIfSlow(say, "Waiting for the functions …", booting);
  const parts = { gateway, functions, keys, dbPort, write, cron, config };
  await openApi({ ...parts, rpcOptions: options }, cleanup);
  await Deno.writeTextFile(
    join(layout.dataDir, "env"),
    environmentFile(address),
    { mode: 0o600 },
  );
  // Stopped before the API and the database: a function's last words need them.
  cleanup.defer(() => functions.close());
  const running = cleanup.move();
  return {
    ...address,
    ...keys,
    dbPort,
    dataDir: layout.dataDir,
    functions: functions.names,
    startFunction: async (name, own = {}, ownLimits = limits) => {
      const one = await launchFunction(name, {
        functionsDir,
        env: { ...env, ...own },
        limits: ownLimits,
        onLine: (line) => write(name, line),
      });
      running.use({ [Symbol.asyncDispose]: () => one.close() });
      return one;
    },
    databaseEnded: server.ended,
    close: () => running.disposeAsync(),
  };
}

async function startDatabase(
  layout: Layout,
  port: number,
  cleanup: Cleanup,
  { signal, onStep }: StackOptions,
): Promise<Server> {
  const say = onStep ?? (() => {});
  await unlessStopped(signal, layBinaries(layout, say));
  // Not cut short: it would go on without us.
  const making = makeCluster(layout);
  await announceIfSlow(say, "Making the database …", making);
  signal?.throwIfAborted();
  const server = await startServer(layout, port);
  cleanup.adopt(server, (running) => running.stop());
  await bootstrap(port);
  return server;
}

async function openApi(
  parts: {
    gateway: Gateway;
    functions: Functions;
    keys: Keys;
    dbPort: number;
    write: Log["write"];
    cron: boolean;
    config: ProjectConfig;
    rpcOptions: RpcOptions;
  },
  cleanup: Cleanup,
): Promise<void> {
  const { gateway, functions, keys, dbPort, write, cron, config, rpcOptions } =
    parts;
  const stop = (runner: Runner) => runner.close();
  const maxRows = config.api.max_rows;
  const rpc = cleanup.adopt(
    await openRpc({ ...rpcOptions, port: dbPort, keys, maxRows, write }),
    stop,
  );
  if (cron) cleanup.adopt(await startCron(dbPort, write), stop);
  cleanup.adopt(await startNet(dbPort, write), stop);
  const jwks = publicKeys(keys.signingKey);
  const verifyJwt = verifyWith(jwks);
  gateway.open({
    functions: functions.names,
    urlOf: functions.urlOf,
    objection: async (name, request) =>
      functionConfig(config, name).verify_jwt
        ? await verifyJwt(request)
        : undefined,
    rest: rpc.handle,
    jwks,
  });
}
