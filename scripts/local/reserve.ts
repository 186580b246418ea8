/**
 * Takes what a start needs to itself before it makes anything: the data
 * directory, its lock and the two ports.
 */
import { join } from "node:path";
import { Failure } from "../cli/failure.ts";
import {
  deleteState,
  exists,
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
import { stopOrphan } from "./postgres/server.ts";

export interface GroundOptions {
  dataDir: string;
  /** 0 takes any free port. */
  apiPort?: number;
  dbPort?: number;
  /** Delete what an earlier start made first. */
  fresh?: boolean;
  /** Told of each step that takes time, and of what its user should know. */
  onStep?(step: string): void;
}

export interface Ground {
  layout: Layout;
  /** Listens already, hence has the port; answers 503 until it is opened. */
  gateway: Gateway;
  dbPort: number;
}

/** The Supabase CLI's ports. */
const API_PORT = 54321;
const DB_PORT = 54322;

/** Takes all of it, or throws a `Failure` that says who has it. */
export async function takeGround(
  options: GroundOptions,
  cleanup: AsyncDisposableStack,
): Promise<Ground> {
  await refuseForeignDir(options.dataDir);
  // Before a directory is made; one that is there may hold a server of ours on these ports.
  if (!await exists(options.dataDir)) await refuseTakenPorts(options);
  const layout = await planLayout(options.dataDir);
  cleanup.adopt(await lockDir(layout.dataDir), (lock) => lock.release());
  await stopOrphan(layout);
  await refuseTakenPorts(options);
  const gateway = startGateway(options.apiPort ?? API_PORT);
  cleanup.adopt(gateway, (running) => running.close());
  const dbPort = (options.dbPort ?? DB_PORT) || findFreePort();
  await prepareDir(layout, options);
  return { layout, gateway, dbPort };
}

async function refuseTakenPorts(options: GroundOptions): Promise<void> {
  await refuseTakenPort(options.apiPort ?? API_PORT, "--api-port");
  await refuseTakenPort(options.dbPort ?? DB_PORT, "--db-port");
}

/** Empties the directory if asked to, and marks it as ours. */
async function prepareDir(
  layout: Layout,
  options: GroundOptions,
): Promise<void> {
  if (options.fresh) await deleteState(layout);
  const made = await clusterMajor(layout);
  if (made !== undefined && made !== MAJOR) {
    throw new Failure(
      `Cannot use ${layout.dataDir}: its database is of Postgres ${made}, ` +
        `this is ${MAJOR}; start with --fresh`,
    );
  }
  const marker = join(layout.dataDir, MARKER);
  const stamp = await standInStamp();
  if (made === undefined) {
    await Deno.writeTextFile(marker, JSON.stringify({ stamp }));
  } else if (JSON.parse(await Deno.readTextFile(marker)).stamp !== stamp) {
    options.onStep?.(
      "The local stack has changed since this database was made: " +
        "--fresh makes it anew",
    );
  }
  await Deno.mkdir(layout.serverDir, { recursive: true, mode: 0o711 });
  if (layout.serverDir === layout.dataDir) return;
  options.onStep?.(
    `Postgres lies in ${layout.serverDir}: user ${layout.user?.name} ` +
      `cannot enter ${layout.dataDir}`,
  );
}
