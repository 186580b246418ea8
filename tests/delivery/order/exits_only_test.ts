/** What waits when only exits may pass any more: entries end, reversals close, the rest goes on. */
import assert from "node:assert/strict";
import { hold, registerTo } from "../../support/deliveries.ts";
import {
  type Kit,
  openDatabase,
  provision,
  register,
} from "../../support/project.ts";
import { queueOf } from "../workers/claims.ts";
import { store } from "./signals.ts";

const letOnlyExitsPass = ({ strategy }: Kit) =>
  provision("PATCH", `/strategies/${strategy.slug}`, { status: "exits_only" });

Deno.test("what waits in a queue to open something is cancelled, and a reversal closes", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await store(sql, kit, "buy", "A");
  await store(sql, kit, "reverse_to_short", "B");
  await store(sql, kit, "open_short", "C");
  await store(sql, kit, "reduce_short", "C");
  await letOnlyExitsPass(kit);
  const claimed = await sql`
    select concat_ws(' ', message ->> 'symbol', message ->> 'action', message ->> 'intent') as what
    from claim_signals(${queueOf(kit)}, 'test', 10)`;
  assert.deepEqual(claimed.map(({ what }) => what), [
    "B exit close_long",
    "C buy reduce_short",
  ]);
});

Deno.test("what a worker has stays, and is not handed out again", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await store(sql, kit, "buy", "A");
  const [entry] = await sql`
    select message_id as id, receipt from claim_signals(${
    queueOf(kit)
  }, 'test')`;
  await letOnlyExitsPass(kit);
  await sql`select fail_signal(${queueOf(kit)}, ${entry!.id}, ${
    entry!.receipt
  }, 'no', '0')`;
  const again = await sql`select from claim_signals(${queueOf(kit)}, 'test')`;
  assert.equal(again.length, 0);
});

Deno.test("what waits to be dispatched and opens something is cancelled, and a reversal closes", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await registerTo("http://127.0.0.1:9/nobody");
  await hold(sql, kit);
  await store(sql, kit, "buy", "A");
  await store(sql, kit, "reverse_to_short", "B");
  await store(sql, kit, "close_long", "A");
  await letOnlyExitsPass(kit);
  const rows = await sql`
    select dispatches.status || ' ' || role || ' ' || coalesce(intent, '') as what
    from dispatches join signals on signals.id = signal_id
    where dispatches.strategy_id = ${kit.strategy.id} order by sequence`;
  assert.deepEqual(rows.map(({ what }) => what), [
    "cancelled open_long ",
    "pending close_long close_long",
    "pending close_long close_long",
  ]);
});
