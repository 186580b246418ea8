/** Wakes of the dispatch function: who may, and what happens without one. */
import assert from "node:assert/strict";
import {
  ALERT,
  hold,
  registerTo,
  release,
  untilSettled,
  wake,
} from "../../support/deliveries.ts";
import { startBehindProxy } from "../../support/isolate.ts";
import {
  FUNCTIONS_URL,
  openDatabase,
  send,
  until,
} from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";

Deno.test("cron wakes the dispatch function where nobody else does", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  await hold(database.sql, kit);
  await send(kit.urls.dedicated, ALERT);
  await release(database.sql, kit);
  const [dispatch] = await untilSettled(database.sql, kit);
  assert.equal(dispatch!.status, "delivered");
});

Deno.test("while nothing is due nobody wakes the dispatch function, and it asks nothing", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using isolate = await startBehindProxy("dispatch");
  const { proxy } = isolate;
  // The monitor may have something to tell: that wakes it too.
  const monitor = (active: boolean) =>
    sql`select cron.alter_job(jobid, active => ${active}) from cron.job where jobname = 'webhooks-watch-notification'`;
  await monitor(false);
  await sql`update notifications set is_fanned_out = true`;
  await sql`delete from private.notification_deliveries`;
  await sql`update dispatches set status = 'cancelled' where status = 'pending'`;
  await wake(isolate.at(FUNCTIONS_URL));
  const read = async () =>
    (await sql`
      select (select coalesce(max(id), 0) from net._http_response) as last_wake,
        (select max(runid) from cron.job_run_details join cron.job using (jobid)
          where jobname = 'webhooks-wake-dispatch' and status = 'succeeded') as last_run`)[
      0
    ]!;
  const ran = async (after: unknown) =>
    await until(
      async () => (await read()).last_run !== after,
      "cron's next run",
    );
  try {
    await ran((await read()).last_run);
    const before = await read();
    await ran(before.last_run);
    assert.equal((await read()).last_wake, before.last_wake);
    assert.deepEqual(proxy.calls, ["claim_dispatches"]);
  } finally {
    await monitor(true);
  }
});

Deno.test("an incident is open while the database does not know where the functions are", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await registerTo("http://127.0.0.1:9/");
  const unwired = async () =>
    (await sql`
      select status from incidents where kind = 'dispatch_unwired' order by id desc limit 1`)[
      0
    ]?.status;
  const [settings] = await sql`select internal_url from router_settings`;
  try {
    await sql`update router_settings set internal_url = null`;
    await until(async () => await unwired() === "open", "an incident");
    assert.equal(kit.strategy.status, "active");
  } finally {
    await sql`update router_settings set internal_url = ${
      settings!.internal_url
    }`;
  }
  await until(async () => await unwired() === "resolved", "its end");
});

Deno.test("the wake key wakes the dispatch function, and opens nothing else", async () => {
  await using database = openDatabase();
  const [row] = await database.sql`select read_wake_key() as key`;
  const headers = { apikey: row!.key };
  const ask = async (path: string, method: string) => {
    const response = await fetch(`${FUNCTIONS_URL}${path}`, {
      method,
      headers,
    });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await ask("/dispatch", "POST"), 202);
  assert.equal(await ask("/provision/strategies", "GET"), 401);
});
