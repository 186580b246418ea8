/** Keeps the functions and roles that the API knows up to date. */
import { inBackground } from "../../host/background.ts";
import type { Log } from "../../host/log.ts";
import { connect, type Database } from "../../postgres/database.ts";
import { Problem } from "../http/problem.ts";
import { readRoutines, type Routines } from "./routines.ts";

export interface SchemaCache {
  /** Looks something up, and once more after a reload if it is not there. */
  find<T>(look: (routines: Routines) => T): Promise<T>;
  timeoutOf(role: string): string | undefined;
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** A caller that asks for what is not there must not keep the database busy. */
const RELOAD_AT_MOST_EVERY_MS = 500;

/** Reads the schema, and again whenever `notify pgrst, 'reload schema'` says so. */
export async function openSchemaCache(
  port: number,
  write: Log["write"],
): Promise<SchemaCache> {
  const background = inBackground("rest", write);
  const sql = connect(port, "authenticator", { "idle_timeout": 5 });
  let timeouts = await readTimeouts(sql);
  let routines = await readRoutines(sql);
  let readAt = Date.now();
  const reload = async () => {
    readAt = Date.now();
    timeouts = await readTimeouts(sql);
    routines = await readRoutines(sql);
  };
  // Also after the connection was lost: what was said meanwhile was missed.
  const onListen = () => background.run(reload);
  await sql.listen("pgrst", onListen, onListen);
  return {
    find: async (look) => {
      try {
        return look(routines);
      } catch (error) {
        const missing = error instanceof Problem &&
          error.parts.code === "PGRST202";
        const recent = Date.now() - readAt < RELOAD_AT_MOST_EVERY_MS;
        if (!missing || recent) throw error;
        await reload();
        return look(routines);
      }
    },
    timeoutOf: (role) => timeouts.get(role),
    reload,
    close: () => {
      background.stop();
      return sql.end({ timeout: 1 });
    },
  };
}

async function readTimeouts(sql: Database): Promise<Map<string, string>> {
  const rows = await sql<{ role: string; timeout: string }[]>`
    select rolname as role, split_part(setting, '=', 2) as timeout
    from pg_catalog.pg_roles, unnest(rolconfig) as setting
    where setting like 'statement_timeout=%' and rolname <> 'authenticator'`;
  return new Map(rows.map(({ role, timeout }) => [role, timeout]));
}
