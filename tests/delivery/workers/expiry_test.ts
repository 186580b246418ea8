/** A signal has expired when no route took it in time: not when one route gave up. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import {
  ALERT,
  incidentsOf,
  pass,
  registerTo,
  untilSettled,
  untilTried,
  wake,
} from "../../support/deliveries.ts";
import { type Kit, openDatabase, send, until } from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";
import { claim, endLeases, queueOf, settle } from "./claims.ts";

const DAY_S = 24 * 3600;

/** A strategy with a queue that has a worker and a target that answers `status`, and its one signal. */
async function sendTo(sql: Sql, status: number) {
  await using sink = startSink();
  sink.answer = () => new Response("", { status });
  const kit = await registerTo(sink.url, { "max_signal_age": "1 day" });
  await claim(kit);
  await send(kit.urls.dedicated, ALERT);
  await untilTried(sql, kit);
  return kit;
}

/** The target's time is over. */
async function expireDispatch(sql: Sql, kit: Kit): Promise<void> {
  await pass(sql, kit, DAY_S);
  await wake();
  const [dispatch] = await untilSettled(sql, kit);
  assert.equal(dispatch!.status, "expired");
}

/** The queue's time is over, while no worker has its message. */
async function expireMessage(sql: Sql, kit: Kit): Promise<void> {
  await endLeases({ sql }, kit);
  await sql`update private.waiting_messages set expires_at = now() where queue = ${
    queueOf(kit)
  }`;
  await sql`select private.reap_queue(${queueOf(kit)})`;
}

const statusOf = async (sql: Sql, { strategy }: Kit) =>
  (await sql`select status from signals where strategy_id = ${strategy.id}`)[0]!
    .status;

const hasExpired = async (sql: Sql, kit: Kit) =>
  (await incidentsOf(sql, kit)).includes("signal_expired open");

Deno.test("a signal that a worker has executed never expires, however its target fails", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await sendTo(sql, 503);
  const [message] = await claim(kit);
  await settle("complete_signal", kit, message!);
  await expireDispatch(sql, kit);
  assert.deepEqual(
    [await statusOf(sql, kit), await hasExpired(sql, kit)],
    ["accepted", false],
  );
});

Deno.test("a signal that a worker has not finished when its target gives up has not expired", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await sendTo(sql, 503);
  const [message] = await claim(kit);
  await expireDispatch(sql, kit);
  assert.equal(await statusOf(sql, kit), "accepted");
  assert.equal(await settle("complete_signal", kit, message!), true);
  assert.deepEqual(
    [await statusOf(sql, kit), await hasExpired(sql, kit)],
    ["accepted", false],
  );
});

Deno.test("a signal that its worker lost after its target gave up has expired, and is told", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await sendTo(sql, 503);
  await claim(kit);
  await expireDispatch(sql, kit);
  await expireMessage(sql, kit);
  assert.deepEqual(
    [await statusOf(sql, kit), await hasExpired(sql, kit)],
    ["expired", true],
  );
});

Deno.test("a signal that only its worker missed has not expired, but the miss is told", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await sendTo(sql, 200);
  await untilSettled(sql, kit);
  await expireMessage(sql, kit);
  assert.deepEqual(
    [await statusOf(sql, kit), await incidentsOf(sql, kit)],
    ["accepted", ["dead_letters open"]],
  );
});

Deno.test("a signal that only its target may still take has not expired", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await sendTo(sql, 503);
  await expireMessage(sql, kit);
  assert.deepEqual(
    [await statusOf(sql, kit), await hasExpired(sql, kit)],
    ["accepted", false],
  );
});

Deno.test("of a worker and a target that give up at the same time, the second sees that no route is left", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await sendTo(sql, 503);
  await sql`
    update dispatches set expires_at = now() where strategy_id = ${kit.strategy.id}`;
  await using other = openDatabase();
  let second: Promise<void> | undefined;
  await sql.begin(async (first) => {
    await first`select private.expire_dispatches()`;
    second = expireMessage(other.sql, kit);
    await until(
      async () =>
        (await sql`select from pg_locks where not granted and locktype = 'transactionid'`)
          .length > 0,
      "it waits for the first",
    );
  });
  await second;
  assert.equal(await statusOf(sql, kit), "expired");
});
