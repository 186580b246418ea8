import assert from "node:assert/strict";
import { openDatabase, register, send, until } from "../../support/project.ts";

Deno.test("retention clears raw bodies first and then the rest, by age", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const { id } = kit.strategy;
  await send(kit.urls.dedicated, "BUY");
  await send(kit.urls.dedicated, "SELL");
  await sql`update webhook_requests set received_at = now() - interval '30 days 1 second'
    where id = (select request_id from signals where strategy_id = ${id} and action = 'buy')`;
  await sql`update signals set received_at = now() - interval '401 days' where strategy_id = ${id} and action = 'sell'`;
  const [job] = await sql`
    select command from cron.job where jobname = 'webhooks-retention'`;
  await sql.unsafe(job!["command"]);
  const bodies = await sql`
    select raw_body is null as is_cleared from webhook_requests where strategy_id = ${id} order by received_at`;
  assert.deepEqual(bodies.map((row) => row.is_cleared), [true, false]);
  const signals =
    await sql`select action from signals where strategy_id = ${id}`;
  assert.deepEqual(signals.map(({ action }) => action), ["buy"]);
});

Deno.test("a month that is too old is dropped, and a dump that reads it holds up no alert", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await sql`select private.make_partition('webhook_requests', 'received_at', '2020-01-01')`;
  const isThere = async () => {
    const [row] =
      await sql`select to_regclass('private.webhook_requests_2020_01') is not null as is_there`;
    return row!.is_there;
  };
  await sql.begin(async (dump) => {
    await dump`lock table webhook_requests in access share mode`;
    const dropping = sql`select private.drop_old_partition()`.execute();
    await until(
      async () =>
        (await sql`select from pg_locks where not granted`).length > 0,
      "the drop waits",
    );
    const { status } = await send(kit.urls.dedicated, "BUY");
    assert.equal(status, 202);
    await dropping;
  });
  assert.equal(await isThere(), true);
  await sql`select private.drop_old_partition()`;
  assert.equal(await isThere(), false);
});
