/** An alert that must wait for another transaction waits alone, and is not lost. */
import assert from "node:assert/strict";
import { type Kit, openDatabase, register, send } from "../support/project.ts";
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
