/**
 * Claims that meet other transactions half-way. In a database of its own, so that nobody else
 * claims.
 */
import assert from "node:assert/strict";
import postgres, { type ISql, type Sql } from "postgres";
import { startTemporaryStack } from "../../../scripts/local/temporary.ts";
import type { Stack } from "../../../scripts/local/stack.ts";
import { until } from "../../support/project.ts";
import { dispatch } from "./dispatches.ts";

let stack: Stack;
let sql: Sql;

Deno.test.beforeAll(async () => {
  stack = await startTemporaryStack({ databaseOnly: true, cron: false });
  sql = postgres(stack.databaseUrl, { max: 12, onnotice: () => {} });
  await sql`insert into strategies (name) values ('Race')`;
  await sql`
    insert into routes (strategy_id, kind, target)
    select id, 'http', 'https://example.com/' from strategies`;
});

Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await stack.close();
});

/** Nothing of an earlier test is pending. */
function race(name: string, run: () => Promise<void>): void {
  Deno.test(name, async () => {
    await sql`update dispatches set status = 'cancelled' where status = 'pending'`;
    await run();
  });
}

interface Leased {
  id: string;
  fence: number;
  message: { signal_id: string };
}

async function claim(
  connection: ISql,
  perRoute: number | null = null,
): Promise<Leased[]> {
  const [row] = await connection`
    select claim_dispatches(64, ${perRoute}) as leased`;
  return row!.leased;
}

const signalsOf = (leased: Leased[]) =>
  leased.map(({ message }) => message.signal_id);

interface OpenTransaction extends AsyncDisposable {
  connection: ISql;
  commit(): Promise<void>;
}

/** Begins a transaction that ends when the test says so. */
async function open(): Promise<OpenTransaction> {
  const connection = await sql.reserve();
  await connection`begin`;
  let isOpen = true;
  return {
    connection,
    async commit() {
      isOpen = false;
      await connection`commit`;
    },
    async [Symbol.asyncDispose]() {
      if (isOpen) await connection`rollback`;
      connection.release();
    },
  };
}

race(
  "two of a lane are not leased at once though the older was committed later",
  async () => {
    await using late = await open();
    const older = await dispatch(late.connection, "buy");
    const younger = await dispatch(sql, "buy");
    await using first = await open();
    assert.deepEqual(signalsOf(await claim(first.connection)), [younger]);
    await late.commit();
    assert.deepEqual(signalsOf(await claim(sql)), [], `with ${older}`);
    await first.commit();
    assert.deepEqual(signalsOf(await claim(sql)), []);
  },
);

race(
  "an entry that is committed after its exit does not go before it",
  async () => {
    await using late = await open();
    await dispatch(late.connection, "buy");
    const exit = await dispatch(sql, "exit");
    await late.commit();
    assert.deepEqual(signalsOf(await claim(sql)), [exit]);
  },
);

/** What a claim hands out that leases one at a time, if all this happens after it began. */
async function claimDuring(events: () => Promise<void>): Promise<string[]> {
  const expired = await dispatch(sql, "buy", "EXPIRED");
  await sql`update dispatches set expires_at = now() where signal_id = ${expired}`;
  await using obstacle = await open();
  await obstacle
    .connection`select from signals where id = ${expired} for update`;
  const claiming = claim(sql, 1);
  const isWaiting = async () =>
    (await sql`select from pg_locks where not granted`).length > 0;
  await until(isWaiting, "the claim's wait");
  await events();
  await obstacle.commit();
  return signalsOf(await claiming);
}

race(
  "a claim that began before an exit came hands out the exit first",
  async () => {
    await dispatch(sql, "buy", "EURUSD");
    await dispatch(sql, "buy");
    let exit = "";
    const leased = await claimDuring(async () => {
      exit = await dispatch(sql, "exit");
    });
    assert.deepEqual(leased, [exit]);
  },
);

race(
  "a claim that began before an exit came does not hand out an entry that was committed since",
  async () => {
    await using late = await open();
    await dispatch(late.connection, "buy");
    let exit = "";
    const leased = await claimDuring(async () => {
      exit = await dispatch(sql, "exit");
      await late.commit();
    });
    assert.deepEqual(leased, [exit]);
  },
);

race(
  "an entry whose attempt ends while its exit is stored does not go after the exit",
  async () => {
    await dispatch(sql, "buy");
    const [entry] = await claim(sql);
    await using settling = await open();
    await settle(settling.connection, entry!, "no");
    const exit = await dispatch(sql, "exit");
    await settling.commit();
    await sql`update dispatches set next_attempt_at = now() where status = 'pending'`;
    const [leased] = await claim(sql);
    assert.equal(leased!.message.signal_id, exit);
    await settle(sql, leased!);
    assert.deepEqual(await claim(sql), []);
  },
);

race(
  "an entry that is given back while its exit is in flight does not go after the exit",
  async () => {
    await dispatch(sql, "buy");
    const [entry] = await claim(sql);
    await sql`update dispatches set leased_until = now() where status = 'pending'`;
    await using settling = await open();
    await settle(settling.connection, entry!, "no");
    await dispatch(sql, "exit");
    const [exit] = await claim(sql);
    await settling.commit();
    await settle(sql, exit!);
    await sql`update dispatches set next_attempt_at = now() where status = 'pending'`;
    assert.deepEqual(await claim(sql), []);
  },
);

async function settle(
  connection: ISql,
  { id, fence }: Leased,
  error?: string,
): Promise<void> {
  const results = [{ id, fence, "duration_ms": 1, ...(error && { error }) }];
  await connection`select settle_dispatches(${results as never})`;
}
