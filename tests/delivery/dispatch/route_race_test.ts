/** Answers that meet an operator who changes or deletes the route. In a database of its own. */
import assert from "node:assert/strict";
import postgres, { type ISql, type Sql } from "postgres";
import type { Stack } from "../../../scripts/local/stack.ts";
import { startTemporaryStack } from "../../../scripts/local/temporary.ts";
import { until } from "../../support/project.ts";
import { dispatch } from "./dispatches.ts";

let stack: Stack;
let sql: Sql;

Deno.test.beforeAll(async () => {
  stack = await startTemporaryStack({ databaseOnly: true, cron: false });
  sql = postgres(stack.databaseUrl, { max: 8, onnotice: () => {} });
  await sql`insert into strategies (name) values ('Race')`;
});

Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await stack.close();
});

/** Gives the strategy one http route, on which nothing has failed yet. */
function race(name: string, run: (routeId: string) => Promise<void>): void {
  Deno.test(name, async () => {
    await sql`delete from routes where kind = 'http'`;
    const [route] = await sql`
      insert into routes (strategy_id, kind, target)
      select id, 'http', 'https://example.com/hook' from strategies returning id`;
    await run(route!.id);
  });
}

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

/** Settles dispatches, each answered with this status; returns their states. */
async function answer(
  connection: ISql,
  status: number,
  signalIds: string[],
): Promise<string[]> {
  const results = await sql`
    select id, fence, 1 as duration_ms, ${status}::integer as status_code, 'no' as error
    from dispatches where signal_id in ${
    sql(signalIds)
  } and status = 'pending'`;
  const [row] = await connection`
    select settle_dispatches(${[...results] as never}) as states`;
  return Object.values(row!.states);
}

const stateOf = async (routeId: string) => {
  const [row] = await sql`
    select enabled, is_gone, target from routes where id = ${routeId}`;
  return row && [row.enabled, row.is_gone, row.target];
};

const threeOf = (connection: ISql) =>
  Promise.all(
    ["A", "B", "C"].map((symbol) => dispatch(connection, "buy", symbol)),
  );

const isSomeoneWaiting = async () =>
  (await sql`select from pg_locks where not granted`).length > 0;

race(
  "answers do not wait for an operator who edits the route in Studio, and cron turns it off after all",
  async (id) => {
    const signals = await threeOf(sql);
    await using operator = await open();
    await operator
      .connection`update routes set symbols = '{A}' where id = ${id}`;
    assert.deepEqual(await answer(sql, 410, signals), Array(3).fill("pending"));
    await operator.commit();
    assert.deepEqual(await stateOf(id), [
      true,
      false,
      "https://example.com/hook",
    ]);
    await sql`select private.wake_dispatch()`;
    assert.deepEqual(await stateOf(id), [
      false,
      true,
      "https://example.com/hook",
    ]);
    const states =
      await sql`select distinct status from dispatches where route_id = ${id}`;
    assert.deepEqual([...states], [{ status: "dead" }]);
  },
);

race("a target that an operator replaces meanwhile is not gone", async (id) => {
  const signals = await threeOf(sql);
  await using settling = await open();
  await answer(settling.connection, 410, signals.slice(0, 2));
  const changed =
    sql`select change_route('race', ${id}, '{"target": "https://example.com/new"}')`
      .execute();
  await until(isSomeoneWaiting, "the operator's wait");
  await settling.commit();
  await changed;
  await answer(sql, 410, signals.slice(2));
  await sql`select private.wake_dispatch()`;
  assert.deepEqual(await stateOf(id), [true, false, "https://example.com/new"]);
});

race(
  "an operator who changes a route that is turned off meanwhile does not turn it on",
  async (id) => {
    const signals = await threeOf(sql);
    await using settling = await open();
    await answer(settling.connection, 410, signals);
    const routes = [{
      kind: "http",
      target: "https://example.com/hook",
      symbols: ["A"],
    }];
    const changes = [
      sql`select change_route('race', ${id}, '{"actions": ["buy"]}')`.execute(),
      sql`select patch_strategy('race', ${{ routes } as never})`.execute(),
    ];
    await until(isSomeoneWaiting, "the operators' wait");
    await settling.commit();
    await Promise.all(changes);
    assert.deepEqual(await stateOf(id), [
      false,
      true,
      "https://example.com/hook",
    ]);
  },
);

race(
  "a signal that is stored while its route is turned off ends dead, not waiting",
  async (id) => {
    const signals = await threeOf(sql);
    await using late = await open();
    const signal = await dispatch(late.connection, "buy", "LATE");
    await answer(sql, 410, signals);
    await late.commit();
    await sql`select private.wake_dispatch()`;
    const [row] =
      await sql`select status, reason from dispatches where signal_id = ${signal}`;
    assert.deepEqual({ ...row }, {
      status: "dead",
      reason: "The route is off: its target is gone",
    });
    assert.equal((await stateOf(id))![0], false);
  },
);

race("answers and a delete of their route do not deadlock", async (id) => {
  const signals = await threeOf(sql);
  await using obstacle = await open();
  // The answers stop where they have their dispatches, and count the failure next.
  await obstacle.connection`lock table private.route_health in share mode`;
  const answered = answer(sql, 500, signals);
  await until(isSomeoneWaiting, "the answers' wait");
  const deleted = sql`select delete_route('race', ${id}) as answer`.execute();
  await until(
    async () => (await sql`select from pg_locks where not granted`).length > 1,
    "the delete's wait",
  );
  await obstacle.commit();
  const [states, [row]] = await Promise.all([answered, deleted]);
  assert.deepEqual(states, Array(3).fill("pending"));
  assert.deepEqual(row!.answer, { deleted: true, cancelled: 3 });
});
