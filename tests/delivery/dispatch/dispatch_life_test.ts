/** A dispatch isolate at the end of its life. */
import assert from "node:assert/strict";
import type { Sql, TransactionSql } from "postgres";
import {
  alert,
  dispatchesOf,
  hold,
  pass,
  registerTo,
  release,
  untilDispatches,
  wake,
} from "../../support/deliveries.ts";
import { startBehindProxy } from "../../support/isolate.ts";
import {
  FUNCTIONS_URL,
  type Kit,
  openDatabase,
  send,
} from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";

const WALL_CLOCK_MS = 6000;
/** More than can be delivered two at a time in the isolate's life. */
const SIGNALS = 150;
const QUICK_MS = 100;

/** Lets what nobody has leased of the strategies be due, or parks it. */
async function setDue(
  sql: Sql | TransactionSql,
  kits: Kit[],
  isDue: boolean,
): Promise<void> {
  await sql`
    update dispatches set next_attempt_at = clock_timestamp() + ${
    isDue ? "0" : "1 hour"
  }::interval
    where strategy_id in ${sql(kits.map(({ strategy }) => strategy.id))}
      and status = 'pending' and leased_until is null`;
}

/** A strategy with parked signals, each of its own symbol. */
async function registerParked(
  sql: Sql,
  url: string,
  signals: number,
): Promise<Kit> {
  const kit = await registerTo(url);
  await hold(sql, kit);
  await Promise.all(
    Array.from(
      { length: signals },
      (_, n) => send(kit.urls.dedicated, alert("BUY", `S${n}`)),
    ),
  );
  await setDue(sql, [kit], false);
  await release(sql, kit);
  return kit;
}

/** Claims for one isolate alone: to all others the strategies' signals are never due. */
async function claimAlone(sql: Sql, kits: Kit[]): Promise<Response> {
  const claimed = await sql.begin(async (transaction) => {
    await setDue(transaction, kits, true);
    const [row] = await transaction`select claim_dispatches(64, 2) as claimed`;
    await setDue(transaction, kits, false);
    return row!.claimed;
  });
  return Response.json(claimed);
}

Deno.test("an isolate that ends claims nothing before its end, and what it cuts goes out again only when its lease has ended", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await sql`update dispatches set status = 'cancelled' where status = 'pending'`;
  await using quick = startSink();
  quick.answer = () =>
    new Promise((answer) => setTimeout(() => answer(new Response()), QUICK_MS));
  await using slow = startSink();
  const stuck = Promise.withResolvers<Response>();
  slow.answer = () => stuck.promise;
  const quickKit = await registerParked(sql, quick.url, SIGNALS);
  const slowKit = await registerParked(sql, slow.url, 2);

  const claimable = [quickKit];
  let lastClaim = 0;
  await using isolate = await startBehindProxy("dispatch", {}, {
    wallClockMs: WALL_CLOCK_MS,
  });
  isolate.proxy.before = async (name) => {
    if (name !== "claim_dispatches") return;
    lastClaim = performance.now();
    return await claimAlone(sql, claimable);
  };
  await wake(isolate.at(FUNCTIONS_URL));
  await isolate.retired;
  // So late that the attempts outlast the isolate.
  claimable.push(slowKit);
  await isolate.ended;
  const quiet = performance.now() - lastClaim;
  stuck.resolve(new Response());

  assert.ok(quiet > WALL_CLOCK_MS / 20, `${quiet} ms without a claim`);
  const left = await dispatchesOf(sql, quickKit);
  assert.ok(left.some(({ status }) => status === "pending"));
  assert.ok(left.every(({ leased }) => !leased), "what could end is settled");
  const cut = await dispatchesOf(sql, slowKit);
  assert.deepEqual(cut.map(({ leased }) => leased), [true, true]);

  slow.answer = quick.answer = () => new Response();
  await setDue(sql, [quickKit], true);
  await wake();
  await untilDelivered(sql, quickKit);
  assert.equal(slow.deliveries.length, 2, "a second one within the lease");
  await pass(sql, slowKit, 15);
  await wake();
  await untilDelivered(sql, slowKit);
  assert.equal(new Set(quick.deliveries.map(({ id }) => id)).size, SIGNALS);
  assert.equal(quick.deliveries.length, SIGNALS);
  assert.equal(slow.deliveries.length, 4);
});

async function untilDelivered(sql: Sql, kit: Kit): Promise<void> {
  await untilDispatches(
    sql,
    kit,
    (all) => all.every(({ status }) => status === "delivered"),
    "all delivered",
  );
}
