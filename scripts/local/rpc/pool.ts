/** The API's connections, as `authenticator`: each call has one to itself. */
// @ts-types="@types/pg"
import pg from "pg";
import { PASSWORD } from "../cluster.ts";
import { Problem } from "./problem.ts";

export interface Pool {
  /** Runs statements in one round trip and one transaction; answers the last one's rows. */
  run<Row>(statements: string): Promise<Row[]>;
  close(): Promise<void>;
}

const SIZE = 10;
const WAIT_MS = 10_000;

/** Opens the pool; connections are made when first needed. */
export function openPool(port: number): Pool {
  const pool = new pg.Pool({
    host: "127.0.0.1",
    port,
    user: "authenticator",
    password: PASSWORD,
    database: "postgres",
    max: SIZE,
    connectionTimeoutMillis: WAIT_MS,
    idleTimeoutMillis: 0,
    "application_name": "postgrest (local stand-in)",
  });
  // A connection that breaks while idle is replaced when next needed.
  pool.on("error", () => {});
  return {
    run: async (statements) => {
      // The simple protocol: several statements are one transaction, and after
      // an error nothing is left to roll back.
      const results: unknown = await pool.query(statements).catch(refuseLate);
      return (results as pg.QueryResult[]).at(-1)!.rows;
    },
    close: () => pool.end(),
  };
}

/** The driver names this error by its text only. */
function refuseLate(error: Error): never {
  if (!error.message.startsWith("timeout exceeded")) throw error;
  throw new Problem({
    status: 504,
    code: "PGRST003",
    message: "Timed out acquiring connection from connection pool.",
  });
}
