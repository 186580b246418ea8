/** The API's connections, as `authenticator`: each call has one to itself. */
// @ts-types="@types/pg"
import pg from "pg";
import { PASSWORD } from "../cluster.ts";
import { type DatabaseError, Problem } from "./problem.ts";
import {
  PRINT_STATEMENTS,
  UnsafeStatement,
  watchStatements,
} from "./safeupdate.ts";

export interface Pool {
  /** Runs statements in one transaction; returns the last one's rows. What `check` throws undoes all. */
  run<Row>(statements: string, check?: Check<Row>): Promise<Row[]>;
  close(): Promise<void>;
}

export type Check<Row> = (rows: Row[]) => void | Promise<void>;

export interface PoolOptions {
  /** The database's. */
  port: number;
  /** Refuse what pg_safeupdate refuses. */
  strict: boolean;
}

const SIZE = 10;
const WAIT_MS = 10_000;

/** Opens the pool; connections are made when first needed. */
export function openPool({ port, strict }: PoolOptions): Pool {
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
    ...(strict && { options: PRINT_STATEMENTS }),
  });
  // A connection that breaks while idle is replaced when next needed.
  pool.on("error", () => {});
  return {
    run: async (statements, check) => {
      const client = await pool.connect().catch(refuseConnection);
      let isBroken = false;
      try {
        return await (strict
          ? runWatched(client, statements, check)
          : runOn(client, statements, check));
      } catch (error) {
        // Plans that were refused are not analysed, hence not seen, again.
        isBroken = breaksConnection(error) || error instanceof UnsafeStatement;
        throw error;
      } finally {
        client.release(isBroken);
      }
    },
    close: () => pool.end(),
  };
}

async function runOn<Row>(
  client: pg.PoolClient,
  statements: string,
  check?: Check<Row>,
): Promise<Row[]> {
  // The simple protocol: several statements are one transaction, and after an
  // error nothing is left to roll back.
  if (!check) return lastRows(await client.query(statements));
  try {
    const rows = lastRows<Row>(await client.query(`begin;${statements}`));
    await check(rows);
    await client.query("commit");
    return rows;
  } catch (error) {
    if (!breaksConnection(error)) await client.query("rollback");
    throw error;
  }
}

/** As the library has it, an unsafe statement fails before anything that comes of it. */
async function runWatched<Row>(
  client: pg.PoolClient,
  statements: string,
  check?: Check<Row>,
): Promise<Row[]> {
  using watch = watchStatements(client);
  try {
    return await runOn<Row>(client, statements, async (rows) => {
      // Deferred triggers run now, while what they do can still be refused.
      await client.query("set constraints all immediate");
      const refusal = watch.refusal();
      if (refusal) throw refusal;
      await check?.(rows);
    });
  } catch (error) {
    throw watch.refusal() ?? error;
  }
}

function lastRows<Row>(results: unknown): Row[] {
  return (results as pg.QueryResult[]).at(-1)!.rows as Row[];
}

/** An error of the database leaves the connection whole, unless it is fatal. */
function breaksConnection(error: unknown): boolean {
  if (error instanceof Problem) return false;
  return (error as DatabaseError).severity !== "ERROR";
}

/** The driver names the timeout by its text only. */
function refuseConnection(error: Error): never {
  const isLate = error.message.startsWith("timeout exceeded");
  throw new Problem(
    isLate
      ? {
        status: 504,
        code: "PGRST003",
        message: "Timed out acquiring connection from connection pool.",
      }
      : {
        status: 503,
        code: "PGRST000",
        message: "Database connection error.",
        details: error.message,
      },
  );
}
