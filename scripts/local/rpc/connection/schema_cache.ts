/** Keeps the functions and roles that the API knows current. */
import { inBackground } from "../../host/background.ts";
import type { Log } from "../../host/log.ts";
import { connect, type Database } from "../../postgres/database.ts";
import { Problem } from "../http/problem.ts";
import { readRoutines, type Routines } from "./routines.ts";

export interface SchemaCache {
  /** Looks something up; if it is missing, once more after a reload. */
  find<T>(look: (routines: Routines) => T): Promise<T>;
  timeoutOf(role: string): string | undefined;
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Calls of missing functions must not keep the database busy. */
const MIN_RELOAD_INTERVAL_MS = 500;

/** Reads the schema, and again at every `notify pgrst, 'reload schema'`. */
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
  // Also after a lost connection, which has missed notifications.
  const onListen = () => background.run(reload);
  await sql.listen("pgrst", onListen, onListen);
  return {
    find: async (look) => {
      try {
        return look(routines);
      } catch (error) {
        const missing = error instanceof Problem &&
          error.parts.code === "PGRST202";
        const recent = Date.now() - readAt < MIN_RELOAD_INTERVAL_MS;
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
