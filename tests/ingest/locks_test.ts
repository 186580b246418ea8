/** An alert that must wait for another transaction waits alone, and is not lost. */
import assert from "node:assert/strict";
import type { ISql } from "postgres";
import { registerTo } from "../support/deliveries.ts";
import { type Kit, openDatabase, register, send } from "../support/project.ts";
import { startSink } from "../support/sink.ts";
import { numberedAlert } from "../support/senders.ts";
import { ingest, wireAlert } from "./wire_alert.ts";

const statusOf = async (kit: Kit, n: number) =>
  (await send(kit.urls.dedicated, numberedAlert(n))).status;

Deno.test("while an operator has one strategy locked, the others' alerts are answered, and then its own", async () => {
  await using database = openDatabase();
  const locked = await register();
  const other = await register();
  let pending: Promise<number> | undefined;
  await database.sql.begin(async (operator) => {
    await operator`select from strategies where id = ${locked.strategy.id} for update`;
    pending = statusOf(locked, 0);
    const answers = [];
    for (let n = 0; n < 10; n++) answers.push(await statusOf(other, n));
    assert.deepEqual(answers, Array(10).fill(202));
  });
  assert.equal(await pending, 202);
});

Deno.test("an alert whose key is being stored by another transaction is locked, not stored twice", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const alert = await wireAlert(sql, kit);
  await sql.begin(async (first) => {
    assert.deepEqual(await ingest(first, [alert]), ["accepted"]);
    // On a connection of its own.
    const batch = [alert, await wireAlert(sql, kit)];
    assert.deepEqual(await ingest(sql, batch), ["locked", "accepted"]);
  });
  assert.deepEqual(await ingest(sql, [alert]), ["duplicate"]);
});

Deno.test("while another batch is counted against a strategy's limit, only that strategy's alerts are locked", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const limited = await register({
    rate_limit_per_minute: 2,
    over_limit: "reject",
  });
  const other = await register();
  const alerts = [await wireAlert(sql, limited), await wireAlert(sql, other)];
  await sql.begin(async (first) => {
    const [mine] = alerts;
    assert.deepEqual(
      await ingest(first, [{ ...mine, keys: [] }]),
      ["accepted"],
    );
    assert.deepEqual(await ingest(sql, alerts), ["locked", "accepted"]);
  });
  const again = await Promise.all(
    Array.from({ length: 3 }, () => wireAlert(sql, limited)),
  );
  assert.deepEqual(await ingest(sql, again), [
    "accepted",
    "limited",
    "limited",
  ]);
});

Deno.test("senders at a locked strategy are answered 503 in time, and lose nothing by it", async () => {
  await using database = openDatabase();
  const kit = await register();
  await database.sql.begin(async (operator) => {
    await operator`select from strategies where id = ${kit.strategy.id} for update`;
    assert.equal(await statusOf(kit, 0), 503);
  });
  assert.equal(await statusOf(kit, 0), 202);
});

const ALERTS_PER_SECOND = 60;
const LOCKED_S = 5;

interface Timed {
  kit: Kit;
  status: number;
  ms: number;
}

let numbered = 1000;

async function sendTimed(kit: Kit): Promise<Timed> {
  const sentAt = performance.now();
  const status = await statusOf(kit, numbered++);
  return { kit, status, ms: performance.now() - sentAt };
}

/** Sends at a steady rate, to each strategy in turn, even if answers do not keep up. */
async function sendSteadily(kits: Kit[]): Promise<Timed[]> {
  const startedAt = performance.now();
  const answers: Promise<Timed>[] = [];
  for (let n = 0; n < LOCKED_S * ALERTS_PER_SECOND; n++) {
    const wait = startedAt + n * 1000 / ALERTS_PER_SECOND - performance.now();
    if (wait > 0) await new Promise((wake) => setTimeout(wake, wait));
    answers.push(sendTimed(kits[n % kits.length]!));
  }
  return await Promise.all(answers);
}

type Lock = (sql: ISql, kit: Kit) => Promise<unknown>;

/** What another transaction may lock of one strategy. */
const LOCKS: [what: string, lock: Lock][] = [
  [
    "row is",
    (sql, { strategy }) =>
      sql`select from strategies where id = ${strategy.id} for update`,
  ],
  [
    "limit is",
    (sql, { strategy }) => sql`select private.lock_limit(${strategy.id})`,
  ],
  [
    "routes are",
    (sql, { strategy }) =>
      sql`select from routes where strategy_id = ${strategy.id} for update`,
  ],
];

for (const [what, lock] of LOCKS) {
  Deno.test(`while a strategy's ${what} locked for five seconds, nine tenths of its neighbours' alerts are accepted within a second`, async () => {
    await using database = openDatabase();
    await using sink = startSink();
    const neighbours = await Promise.all([
      registerTo(sink.url),
      register(),
      register({ rate_limit_per_minute: null }),
    ]);
    // Near its limit, whose lock it needs.
    const locked = await registerTo(sink.url, { rate_limit_per_minute: 100 });
    let answers: Timed[] = [];
    await database.sql.begin(async (other) => {
      await lock(other, locked);
      answers = await sendSteadily([locked, ...neighbours]);
    });
    const theirs = answers.filter(({ kit }) => kit !== locked);
    const good = theirs.filter(({ status, ms }) =>
      status === 202 && ms <= 1000
    );
    assert.ok(
      good.length >= 0.9 * theirs.length,
      `${good.length} of ${theirs.length}`,
    );
    assert.equal(await statusOf(locked, numbered++), 202);
  });
}
