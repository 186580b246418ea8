/** Creates the database cluster, and reads its version. */
import { join } from "node:path";
import { Failure } from "../../cli/failure.ts";
import { removeTree } from "../host/files.ts";
import type { Layout } from "../host/layout.ts";
import { programOptions } from "./server/program.ts";

/** The password of every role that may log in: the one of the Supabase CLI's database. */
export const PASSWORD = "postgres";
export const SUPERUSER = "supabase_admin";

/** Creates the cluster if there is none. */
export async function createCluster(layout: Layout): Promise<void> {
  if (await hasCluster(layout)) return;
  // Created in another place, then renamed: an interrupted start leaves no half cluster.
  const dir = `${layout.clusterDir}.new`;
  await removeTree(dir);
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
  if (layout.user) await Deno.chown(dir, layout.user.uid, layout.user.gid);
  const passwordFile = join(layout.binariesDir, "password");
  await Deno.writeTextFile(passwordFile, PASSWORD, { mode: 0o644 });
  const initdb = join(layout.binariesDir, "bin/initdb");
  const args = [
    `--pgdata=${dir}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    // Only initdb's own files; the server itself keeps fsync on.
    "--no-sync",
  ];
  const { success, stderr } = await new Deno.Command(initdb, {
    ...programOptions(layout),
    args,
    stdin: "null",
  }).output();
  if (!success) {
    const reason = new TextDecoder().decode(stderr).trim();
    throw new Failure(`Cannot create the database cluster: ${reason}`);
  }
  await Deno.rename(dir, layout.clusterDir);
}

/** Returns whether the data directory has a cluster already. */
export async function hasCluster(layout: Layout): Promise<boolean> {
  return await clusterMajor(layout) !== undefined;
}

/** Returns the major version of Postgres that created the cluster, if there is one. */
export async function clusterMajor(
  layout: Layout,
): Promise<string | undefined> {
  try {
    const path = join(layout.clusterDir, "PG_VERSION");
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
