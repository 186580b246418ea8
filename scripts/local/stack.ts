/**
 * The local stack: a project like one on Supabase, on this machine, without
 * Docker. Postgres with Supabase's roles and extensions, the migrations, RPC,
 * the functions, cron jobs and the HTTP queue.
 */
import { join } from "node:path";
import { FUNCTIONS_DIR, MIGRATIONS_DIR } from "../cli/paths.ts";
import type { Limits } from "./edge_runtime/limits.ts";
import { reloadOnEdit } from "./edge_runtime/reload.ts";
import {
  type Functions,
  superviseFunctions,
} from "./edge_runtime/supervisor.ts";
import type { Layout } from "./host/layout.ts";
import {
  type FullDiskNotice,
  fullDiskNotice,
  type Log,
  openLog,
} from "./host/log.ts";
import { announceIfSlow, unlessStopped } from "./host/waiting.ts";
import {
  functionConfig,
  listFunctions,
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
import { verifyJwtWith } from "./platform/verify_jwt.ts";
import { installBinaries } from "./postgres/binaries.ts";
import { bootstrap } from "./postgres/bootstrap.ts";
import { createCluster } from "./postgres/cluster.ts";
import { databaseUrl } from "./postgres/database.ts";
import { migrate } from "./postgres/migrate.ts";
import { keepServer, type KeptServer } from "./postgres/server/keeper.ts";
import { startServer } from "./postgres/server/server.ts";
import { reserve, type ReserveOptions } from "./reserve.ts";
import { openRpc, type RpcOptions } from "./rpc/rpc.ts";

export interface StackOptions extends ReserveOptions, RpcOptions {
  /** The variables of the functions' env-file. */
  env?: Record<string, string>;
  migrationsDir?: string;
  functionsDir?: string;
  /** Limits of each function's isolate. */
  limits?: Limits;
  /** Start no functions. */
  databaseOnly?: boolean;
  /** Reload functions when their files are edited. */
  reload?: boolean;
  /** false: no cron job runs, as if pg_cron's worker were down. */
  cron?: boolean;
  /** Stops a start in progress. */
  signal?: AbortSignal;
  /** Called with each line that a function writes. */
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
  /** Settled when the database has ended for good: with the reason, unless it was stopped. */
  databaseEnded: KeptServer["ended"];
  close(): Promise<void>;
}

/** Starts everything or nothing: if a part fails, the others are stopped again. */
export async function startStack(options: StackOptions): Promise<Stack> {
  await using resources = new AsyncDisposableStack();
  const { signal, onStep: report = () => {} } = options;
  const { layout, gateway, dbPort } = await reserve(options, resources);
  const keys = await loadKeys(layout.dataDir);
  const apiUrl = `http://127.0.0.1:${gateway.port}`;
  const address = { apiUrl, databaseUrl: databaseUrl(dbPort), keys };
  const onFull = fullDiskNotice(layout.dataDir, report);
  const log = await openLog(layout.dataDir, options.onLine, onFull);
  resources.defer(() => log.close());
  const { write } = log;

  // The functions boot while the database does: neither waits for the other.
  const functionsDir = options.functionsDir ?? FUNCTIONS_DIR;
  const config = await readConfig(functionsDir);
  const names = options.databaseOnly ? [] : await listFunctions(functionsDir);
  const enabled = names.filter((name) => functionConfig(config, name).enabled);
  const functions = superviseFunctions(enabled, {
    functionsDir,
    env: { ...functionEnvironment(address), ...options.env },
    limits: options.limits ?? {},
    onLine: write,
  });
  resources.adopt(functions, (running) => running.close());
  const start = { ...options, layout, dbPort, onFull };
  const server = await startDatabase(start, resources);
  const count = await migrate(dbPort, options.migrationsDir ?? MIGRATIONS_DIR);
  signal?.throwIfAborted();
  if (count > 0) report(`Applied ${count} migrations`);
  const booting = unlessStopped(signal, functions.ready);
  await announceIfSlow(report, "Waiting for the functions …", booting);
  const parts = { gateway, functions, keys, dbPort, write, config };
  await openApi(parts, options, resources);
  if (options.reload) {
    resources.use(reloadOnEdit(functions, functionsDir, report));
  }
  await Deno.writeTextFile(
    join(layout.dataDir, "env"),
    environmentFile(address),
    { mode: 0o600 },
  );
  // Stopped before the API and the database, which functions need while they end.
  resources.defer(() => functions.close());
  const running = resources.move();
  return {
    ...address,
    ...keys,
    dbPort,
    dataDir: layout.dataDir,
    databaseEnded: server.ended,
    close: () => running.disposeAsync(),
  };
}

interface DatabaseParts extends StackOptions {
  layout: Layout;
  dbPort: number;
  onFull: FullDiskNotice;
}

async function startDatabase(
  { layout, dbPort, onFull, signal, onStep: report = () => {} }: DatabaseParts,
  resources: AsyncDisposableStack,
): Promise<KeptServer> {
  await unlessStopped(signal, installBinaries(layout, report));
  // Not interrupted: it would go on without us.
  const creating = createCluster(layout);
  await announceIfSlow(report, "Creating the database …", creating);
  signal?.throwIfAborted();
  const start = () => startServer(layout, dbPort, onFull);
  const server = await keepServer(start, report, signal);
  resources.adopt(server, (running) => running.stop());
  await bootstrap(dbPort);
  return server;
}

interface ApiParts {
  gateway: Gateway;
  functions: Functions;
  keys: Keys;
  dbPort: number;
  write: Log["write"];
  config: ProjectConfig;
}

/** Starts what works on the database, and opens the gateway. */
async function openApi(
  { gateway, functions, keys, dbPort, write, config }: ApiParts,
  { cron = true, ...rpcOptions }: StackOptions,
  resources: AsyncDisposableStack,
): Promise<void> {
  const stop = (runner: Runner) => runner.close();
  const maxRows = config.api.max_rows;
  const rpc = resources.adopt(
    await openRpc({ ...rpcOptions, port: dbPort, keys, maxRows, write }),
    stop,
  );
  if (cron) resources.adopt(await startCron(dbPort, write), stop);
  resources.adopt(await startNet(dbPort, write), stop);
  const jwks = publicKeys(keys.signingKey);
  const verifyJwt = verifyJwtWith(jwks);
  gateway.open({
    functions: functions.names,
    urlOf: functions.urlOf,
    rejectionReason: async (name, request) =>
      functionConfig(config, name).verify_jwt
        ? await verifyJwt(request)
        : undefined,
    rest: rpc.handle,
    jwks,
  });
}
