/**
 * Reserves the data directory, its lock and both ports before anything is
 * created.
 */
import { join } from "node:path";
import { Failure } from "../cli/failure.ts";
import { exists } from "./host/files.ts";
import {
  deleteState,
  type Layout,
  MARKER,
  planLayout,
  refuseForeignDir,
} from "./host/layout.ts";
import { lockDir } from "./host/lock.ts";
import { findFreePort, refuseTakenPort } from "./host/ports.ts";
import { type Gateway, startGateway } from "./platform/gateway.ts";
import { MAJOR, standInStamp } from "./postgres/binaries.ts";
import { clusterMajor } from "./postgres/cluster.ts";
import { stopOrphan } from "./postgres/server/server.ts";

export interface ReserveOptions {
  dataDir: string;
  /** 0 for any free port. */
  apiPort?: number;
  dbPort?: number;
  /** Delete the files of an earlier start first. */
  fresh?: boolean;
  /** Called with each step that takes time, and with notices to the user. */
  onStep?(step: string): void;
}

export interface Reservation {
  layout: Layout;
  /** Listens already, which reserves its port, and answers 503 until it is opened. */
  gateway: Gateway;
  dbPort: number;
}

/** The ports of the Supabase CLI. */
const API_PORT = 54321;
const DB_PORT = 54322;

/** Reserves everything, or throws a `Failure` that says what is taken. `resources` releases it. */
export async function reserve(
  options: ReserveOptions,
  resources: AsyncDisposableStack,
): Promise<Reservation> {
  await refuseForeignDir(options.dataDir);
  // Before a directory is created; in an existing one our own orphan may have these ports.
  if (!await exists(options.dataDir)) await refuseTakenPorts(options);
  const layout = await planLayout(options.dataDir);
  resources.adopt(await lockDir(layout.dataDir), (lock) => lock.release());
  await stopOrphan(layout);
  await refuseTakenPorts(options);
  const gateway = startGateway(options.apiPort ?? API_PORT);
  resources.adopt(gateway, (running) => running.close());
  const dbPort = (options.dbPort ?? DB_PORT) || findFreePort();
  await prepareDir(layout, options);
  return { layout, gateway, dbPort };
}

async function refuseTakenPorts(options: ReserveOptions): Promise<void> {
  await refuseTakenPort(options.apiPort ?? API_PORT, "--api-port");
  await refuseTakenPort(options.dbPort ?? DB_PORT, "--db-port");
}

/** Empties the directory if asked to, and marks it as a stack's. */
async function prepareDir(
  layout: Layout,
  options: ReserveOptions,
): Promise<void> {
  if (options.fresh) await deleteState(layout);
  const major = await clusterMajor(layout);
  if (major !== undefined && major !== MAJOR) {
    throw new Failure(
      `Cannot use ${layout.dataDir}: its database is of Postgres ${major}, ` +
        `this is ${MAJOR}; start with --fresh`,
    );
  }
  const marker = join(layout.dataDir, MARKER);
  const stamp = await standInStamp();
  if (major === undefined) {
    await Deno.writeTextFile(marker, JSON.stringify({ stamp }));
  } else if (JSON.parse(await Deno.readTextFile(marker)).stamp !== stamp) {
    options.onStep?.(
      "The local stack has changed since this database was created: " +
        "--fresh creates a new one",
    );
  }
  await Deno.mkdir(layout.serverDir, { recursive: true, mode: 0o711 });
  if (layout.serverDir === layout.dataDir) return;
  options.onStep?.(
    `The files of Postgres are in ${layout.serverDir}: user ` +
      `${layout.user?.name} cannot enter ${layout.dataDir}`,
  );
}
