/** Locks that another session holds, and a transaction that it leaves open. */
import type { ISql } from "postgres";
import { connect } from "../../local/postgres/database.ts";
import { AFTER_LOCK_MS, type Fault, type Stage } from "../stage/fault.ts";

type Statement = (sql: ISql, strategyId: string) => Promise<unknown>;

/** Begins a transaction, and returns what ends it. */
async function holdOpen(
  { subject, strategies }: Stage,
  statement: Statement,
): Promise<() => Promise<void>> {
  const sql = connect(subject.dbPort, "postgres");
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const transaction = sql.begin(async (open) => {
    await statement(open, strategies[0]!.id);
    held.resolve();
    await released.promise;
  });
  await Promise.race([held.promise, transaction]);
  return async () => {
    released.resolve();
    await transaction;
    await sql.end();
  };
}

const LOCKS: Record<string, Statement> = {
  "a strategy's row": (sql, id) =>
    sql`select from strategies where id = ${id} for update`,
  "signals": (sql) => sql`lock table signals in access exclusive mode`,
  "dedupe_keys": (sql) =>
    sql`lock table private.dedupe_keys in access exclusive mode`,
  "dispatches": (sql) => sql`lock table dispatches in access exclusive mode`,
  "the settings' row": (sql) => sql`select from router_settings for update`,
  "a strategy's limit": (sql, id) => sql`select private.lock_limit(${id})`,
  "a strategy's routes": (sql, id) =>
    sql`select from routes where strategy_id = ${id} for update`,
};

function lock(what: string, seconds: number): Fault {
  let release = () => Promise.resolve();
  return {
    family: "lock",
    name: `${what}: locked for ${seconds} s`,
    durationMs: seconds * 1000,
    recoversWithinMs: AFTER_LOCK_MS,
    isShort: seconds === (what === "a strategy's row" ? 5 : 1),
    ...(what === "a strategy's limit" && { limitPerMinute: 100 }),
    inject: async (stage) => {
      release = await holdOpen(stage, LOCKS[what]!);
    },
    heal: () => release(),
  };
}

/** Holds back vacuum, and nothing else. */
function openTransaction(seconds: number): Fault {
  let release = () => Promise.resolve();
  return {
    family: "lock",
    name: `a transaction: open for ${seconds} s`,
    durationMs: seconds * 1000,
    recoversWithinMs: AFTER_LOCK_MS,
    isShort: seconds < 60,
    inject: async (stage) => {
      release = await holdOpen(stage, async (sql) => {
        await sql`set transaction isolation level repeatable read`;
        await sql`select txid_current(), count(*) from signals`;
      });
    },
    heal: () => release(),
  };
}

export const LOCKS_AND_TRANSACTIONS: Fault[] = [
  ...[1, 5].flatMap((seconds) =>
    Object.keys(LOCKS).map((what) => lock(what, seconds))
  ),
  openTransaction(10),
  openTransaction(120),
];
