/**
 * The local stack: a project like one on Supabase, on this machine, without
 * Docker. Postgres with Supabase's roles and extensions, the migrations, RPC,
 * the functions, cron jobs and the HTTP queue.
 */
import { join } from "node:path";
import { layBinaries, MAJOR } from "./binaries.ts";
import { bootstrap } from "./bootstrap.ts";
import { type Runner, startCron } from "./cron.ts";
import { databaseUrl } from "./database.ts";
import { environmentFile, functionEnvironment } from "./environment.ts";
import { Failure } from "./failure.ts";
import { type FunctionProcess, launchFunction } from "./function_process.ts";
import { type Functions, listFunctions, runFunctions } from "./functions.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { type Keys, loadKeys, publicKeys } from "./keys.ts";
import {
  deleteState,
  exists,
  type Layout,
  MARKER,
  planLayout,
  PROJECT_DIR,
  refuseForeignDir,
} from "./layout.ts";
import { lockDir } from "./lock.ts";
import { openLog } from "./log.ts";
import { migrate } from "./migrate.ts";
import { startNet } from "./net.ts";
import { findFreePort, refuseTakenPort } from "./ports.ts";
import {
  clusterMajor,
  makeCluster,
  type Server,
  startServer,
  stopOrphan,
} from "./postgres.ts";
import { openRpc } from "./rpc/rpc.ts";
import { announceIfSlow, unlessStopped } from "./waiting.ts";

export interface StackOptions {
  dataDir: string;
  /** 0 takes any free port. */
  apiPort?: number;
  dbPort?: number;
  /** What the functions' env-file says. */
  env?: Record<string, string>;
  /** Delete what an earlier start made first. */
  fresh?: boolean;
  migrationsDir?: string;
  functionsDir?: string;
  /** Start no functions. */
  databaseOnly?: boolean;
  /** Stops a start that is under way. */
  signal?: AbortSignal;
  /** Told of each step that takes time. */
  onStep?(step: string): void;
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
  ): Promise<FunctionProcess>;
  /** Settled when the database has ended by itself. */
  databaseEnded: Promise<void>;
  close(): Promise<void>;
}

/** The Supabase CLI's ports. */
const API_PORT = 54321;
const DB_PORT = 54322;

/** What must be undone, last first. */
type Cleanup = AsyncDisposableStack;

/** Brings everything up, or nothing: whatever fails, what was started is stopped. */
export async function startStack(options: StackOptions): Promise<Stack> {
  await using cleanup = new AsyncDisposableStack();
  const { signal, onStep: say = () => {} } = options;
  await refuseForeignDir(options.dataDir);
  // Before a directory is made; one that is there may hold a server of ours on these ports.
  if (!await exists(options.dataDir)) await refuseTakenPorts(options);
  const layout = await planLayout(options.dataDir);
  cleanup.adopt(await lockDir(layout.dataDir), (lock) => lock.release());
  await stopOrphan(layout);
  const { gateway, dbPort } = await claimPorts(options, cleanup);
  await prepareDir(layout, options);

  const keys = await loadKeys(layout.dataDir);
  const apiUrl = `http://127.0.0.1:${gateway.port}`;
  const address = { apiUrl, databaseUrl: databaseUrl(dbPort), keys };
  const env = { ...functionEnvironment(address), ...options.env };
  const functionsDir = options.functionsDir ??
    join(PROJECT_DIR, "supabase/functions");
  const log = await openLog(layout.dataDir, options.onLine);
  cleanup.defer(() => log.close());
  const onLine = log.write;

  // The functions boot while the database does: neither waits for the other.
  const names = options.databaseOnly ? [] : await listFunctions(functionsDir);
  const functions = runFunctions(names, { functionsDir, env, onLine });
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
  await openApi({ gateway, functions, keys, dbPort }, cleanup);
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
    startFunction: async (name, own = {}) => {
      const one = await launchFunction(name, {
        functionsDir,
        env: { ...env, ...own },
        onLine: (line) => onLine(name, line),
      });
      running.use({ [Symbol.asyncDispose]: () => one.close() });
      return one;
    },
    databaseEnded: server.ended,
    close: () => running.disposeAsync(),
  };
}

async function claimPorts(
  options: StackOptions,
  cleanup: Cleanup,
): Promise<{ gateway: Gateway; dbPort: number }> {
  await refuseTakenPorts(options);
  const gateway = startGateway(options.apiPort ?? API_PORT);
  cleanup.adopt(gateway, (running) => running.close());
  return { gateway, dbPort: (options.dbPort ?? DB_PORT) || findFreePort() };
}

async function refuseTakenPorts(options: StackOptions): Promise<void> {
  await refuseTakenPort(options.apiPort ?? API_PORT, "--api-port");
  await refuseTakenPort(options.dbPort ?? DB_PORT, "--db-port");
}

/** Marks the directory as ours; deletes what an earlier start made, if asked to. */
async function prepareDir(
  layout: Layout,
  { fresh }: StackOptions,
): Promise<void> {
  if (fresh) await deleteState(layout);
  const made = await clusterMajor(layout);
  if (made !== undefined && made !== MAJOR) {
    throw new Failure(
      `Cannot use ${layout.dataDir}: its database is of Postgres ${made}, ` +
        `this is ${MAJOR}; start with --fresh`,
    );
  }
  const marker = JSON.stringify({ "made by": "scripts/start.ts" });
  await Deno.writeTextFile(join(layout.dataDir, MARKER), `${marker}\n`);
  await Deno.mkdir(layout.serverDir, { recursive: true, mode: 0o711 });
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
  parts: { gateway: Gateway; functions: Functions; keys: Keys; dbPort: number },
  cleanup: Cleanup,
): Promise<void> {
  const { gateway, functions, keys, dbPort } = parts;
  const stop = (runner: Runner) => runner.close();
  const rpc = cleanup.adopt(await openRpc(dbPort, keys), stop);
  cleanup.adopt(await startCron(dbPort), stop);
  cleanup.adopt(await startNet(dbPort), stop);
  gateway.open({
    functions: functions.names,
    urlOf: functions.urlOf,
    rest: rpc.handle,
    jwks: publicKeys(keys.signingKey),
  });
}
