/** A bad alert in a batch, wherever it stands, fails alone. */
import assert from "node:assert/strict";
import { openDatabase, register } from "../support/project.ts";
import { ingest, wireAlert } from "./wire_alert.ts";

/** What only storing it finds out: the batch fails, and its alerts are ingested one by one. */
const BAD = { signal: { action: "moon" } };

for (const size of [1, 2, 20, 50]) {
  Deno.test(`a bad alert at any place in a batch of ${size} fails alone`, async () => {
    await using database = openDatabase();
    const { sql } = database;
    const kit = await register({ rate_limit_per_minute: null });
    for (let place = 0; place < size; place++) {
      const alerts = await Promise.all(
        Array.from(
          { length: size },
          (_, n) => wireAlert(sql, kit, n === place ? BAD : {}),
        ),
      );
      const expected = alerts.map((_, n) =>
        n === place ? "failed" : "accepted"
      );
      assert.deepEqual(await ingest(sql, alerts), expected);
    }
    const [row] = await sql`
      select (select count(*)::int from signals where strategy_id = ${kit.strategy.id}) as signals,
        (select count(*)::int from webhook_requests where strategy_id = ${kit.strategy.id}) as requests`;
    const good = size * (size - 1);
    assert.deepEqual(row, { signals: good, requests: good });
  });
}

Deno.test("a batch for two strategies reaches both queues, each in the order of its alerts", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kits = [await register(), await register()];
  const alerts = await Promise.all(
    Array.from(
      { length: 40 },
      (_, n) =>
        wireAlert(sql, kits[n % 2]!, { payload: JSON.stringify({ n }) }),
    ),
  );
  await ingest(sql, alerts);
  for (const [index, kit] of kits.entries()) {
    const queue = kit.strategy.slug.replaceAll("-", "_");
    const rows = await sql`
      select (message #>> '{payload,n}')::int as n from pgmq.${
      sql(`q_${queue}`)
    } order by msg_id`;
    assert.deepEqual(
      rows.map(({ n }) => n),
      Array.from({ length: 20 }, (_, n) => 2 * n + index),
    );
  }
});
