/** The API's connections, as `authenticator`: each call has one to itself. */
import type { ReservedSql } from "postgres";
import { connect, type Database } from "../database.ts";
import { Problem } from "./problem.ts";

export interface Pool {
  sql: Database;
  take(): Promise<ReservedSql>;
  close(): Promise<void>;
}

const SIZE = 10;
const WAIT_MS = 10_000;

/** Opens the pool; connections are made when first needed. */
export function openPool(port: number): Pool {
  const sql = connect(port, "authenticator", {
    max: SIZE,
    connection: { "application_name": "postgrest (local stand-in)" },
  });
  return {
    sql,
    take: () => takeInTime(sql),
    close: () => sql.end({ timeout: 1 }),
  };
}

async function takeInTime(sql: Database): Promise<ReservedSql> {
  const taking = sql.reserve();
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), WAIT_MS);
  const taken = await Promise.race([taking, late.promise])
    .finally(() => clearTimeout(timer));
  if (taken) return taken;
  // It will come all the same, for nobody.
  taking.then((connection) => connection.release(), () => {});
  throw new Problem({
    status: 504,
    code: "PGRST003",
    message: "Timed out acquiring connection from connection pool.",
  });
}
