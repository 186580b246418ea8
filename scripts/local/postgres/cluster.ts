/** Makes the database cluster, and tells what there is of it. */
import { join } from "node:path";
import { Failure } from "../../cli/failure.ts";
import { type Layout, removeTree } from "../host/layout.ts";
import { programOptions } from "./server_program.ts";

/** The local password of every role that may log in, as the Supabase CLI's database has it. */
export const PASSWORD = "postgres";
export const SUPERUSER = "supabase_admin";

/** Makes the cluster if there is none. */
export async function makeCluster(layout: Layout): Promise<void> {
  if (await hasCluster(layout)) return;
  // Made beside its place, then renamed: a start that is cut off leaves no half cluster.
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
    throw new Failure(`Cannot make the database cluster: ${reason}`);
  }
  await Deno.rename(dir, layout.clusterDir);
}

/** Whether the data directory has a database already. */
export async function hasCluster(layout: Layout): Promise<boolean> {
  return await clusterMajor(layout) !== undefined;
}

/** The major version that the cluster was made by. */
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
