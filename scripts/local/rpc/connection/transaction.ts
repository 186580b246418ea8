/** Runs a transaction on one of the API's connections. */
// @ts-types="@types/pg"
import type pg from "pg";
import { type DatabaseError, Problem } from "../http/problem.ts";
import { watchStatements } from "./safeupdate.ts";

/** Checks the rows before the transaction is committed; if it throws, all is undone. */
export type Check<Row> = (rows: Row[]) => void | Promise<void>;

/** Runs statements in one transaction, without a check in one round trip, and returns the rows of the last one. */
export async function runTransaction<Row>(
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

/** Runs statements under the rule of pg_safeupdate: an unsafe statement takes precedence over every error that follows from it. */
export async function runWatched<Row>(
  client: pg.PoolClient,
  statements: string,
  check?: Check<Row>,
): Promise<Row[]> {
  using watch = watchStatements(client);
  try {
    return await runTransaction<Row>(client, statements, async (rows) => {
      // Runs deferred triggers while their statements can still be refused.
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

/** Returns whether a connection cannot be used any more: after any error but an ordinary one of the database. */
export function breaksConnection(error: unknown): boolean {
  if (error instanceof Problem) return false;
  return (error as DatabaseError).severity !== "ERROR";
}
