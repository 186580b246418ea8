/** The API's connections, as `authenticator`: each call has one of its own. */
// @ts-types="@types/pg"
import pg from "pg";
import { PASSWORD } from "../../postgres/cluster.ts";
import { type DatabaseError, Problem } from "../http/problem.ts";
import { PRINT_STATEMENTS, UnsafeStatement } from "./safeupdate.ts";
import {
  breaksConnection,
  type Check,
  runTransaction,
  runWatched,
} from "./transaction.ts";

export interface Pool {
  /** Runs statements in one transaction and returns the rows of the last one. If `check` throws, all is undone. */
  run<Row>(statements: string, check?: Check<Row>): Promise<Row[]>;
  close(): Promise<void>;
}

export interface PoolOptions {
  /** The database's. */
  port: number;
  /** Refuse the statements that pg_safeupdate refuses. */
  strict: boolean;
  /** Repeat a call that Postgres cancelled because of a conflict, until it ends otherwise. */
  retriesConflicts: boolean;
  /** Called when a connection is lost or cannot be made. */
  onLost(): void;
}

const SIZE = 10;
const WAIT_MS = 10_000;

/** Opens the pool; connections are made when first needed. */
export function openPool(options: PoolOptions): Pool {
  const { port, strict, retriesConflicts, onLost } = options;
  const runOnce = strict ? runWatched : runTransaction;
  let isClosing = false;
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
  // A connection that is lost while idle is replaced when needed; if it is lost between two
  // statements of a call, the second fails.
  pool.on("error", onLost);
  pool.on("connect", (client) => client.on("error", onLost));
  const take = async () => {
    try {
      return await pool.connect();
    } catch (error) {
      const problem = connectionProblem(error as Error);
      if (problem.parts.code === "PGRST000") onLost();
      throw problem;
    }
  };
  const runUntilDone: typeof runTransaction = async (
    client,
    statements,
    check,
  ) => {
    for (;;) {
      try {
        return await runOnce(client, statements, check);
      } catch (error) {
        const isRetried = retriesConflicts && isConflict(error);
        if (isClosing || !isRetried) throw error;
      }
    }
  };
  return {
    run: async (statements, check) => {
      const client = await take();
      let isUsable = true;
      try {
        return await runUntilDone(client, statements, check);
      } catch (error) {
        if (breaksConnection(error)) onLost();
        isUsable = !breaksConnection(error) && !keepsPlan(error);
        throw error;
      } finally {
        client.release(!isUsable);
      }
    },
    close: () => {
      isClosing = true;
      return pool.end();
    },
  };
}

/** Returns whether a session keeps the plan of an unsafe statement: it would not analyse that again, so the check would miss it. */
function keepsPlan(error: unknown): boolean {
  return error instanceof UnsafeStatement;
}

/** Returns whether an error is a serialization failure or a deadlock. */
function isConflict(error: unknown): boolean {
  return ["40001", "40P01"].includes((error as DatabaseError).code);
}

/** Distinguishes a timeout from other errors by the driver's text, the only difference. */
function connectionProblem({ message }: Error): Problem {
  if (message.startsWith("timeout exceeded")) {
    return new Problem({
      status: 504,
      code: "PGRST003",
      message: "Timed out acquiring connection from connection pool.",
    });
  }
  return new Problem({
    status: 503,
    code: "PGRST000",
    message: "Database connection error.",
    details: message,
  });
}
