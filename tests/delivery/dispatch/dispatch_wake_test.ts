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
import { type Isolate, startBehindProxy } from "../../support/isolate.ts";
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

/** Wakes an isolate of `dispatch`, and returns the status. */
async function statusOfWake(isolate: Isolate, key: string): Promise<number> {
  const response = await fetch(isolate.at(`${FUNCTIONS_URL}/dispatch`), {
    method: "POST",
    headers: { apikey: key },
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test("while Vault has no wake key, none wakes, not the text null either", async () => {
  await using isolate = await startBehindProxy("dispatch");
  isolate.proxy.before = (name) =>
    name === "read_wake_key" ? Response.json(null) : undefined;
  const statuses = [];
  for (const key of ["null", "undefined", "x"]) {
    statuses.push(await statusOfWake(isolate, key));
  }
  assert.deepEqual(statuses, [401, 401, 401]);
});

Deno.test("a rotated wake key wakes at once, and the old one no more", async () => {
  await using isolate = await startBehindProxy("dispatch");
  let key = "old";
  isolate.proxy.before = (name) =>
    name === "read_wake_key" ? Response.json(key) : undefined;
  const statuses = [await statusOfWake(isolate, "old")];
  key = "new";
  statuses.push(
    await statusOfWake(isolate, "new"),
    await statusOfWake(isolate, "old"),
  );
  assert.deepEqual(statuses, [202, 202, 401]);
});

Deno.test("wrong wake keys read the right one once a second at most", async () => {
  await using isolate = await startBehindProxy("dispatch");
  const startedAt = performance.now();
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => statusOfWake(isolate, `wrong-${n}`)),
    );
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const readings = isolate.proxy.calls
    .filter((name) => name === "read_wake_key").length;
  assert.ok(readings <= seconds + 1, `${readings} in ${seconds.toFixed(1)} s`);
});

Deno.test("a wake that is redirected takes no key along", async () => {
  await using isolate = await startBehindProxy("webhook");
  const keys: (string | null)[] = [];
  isolate.proxy.before = (name, { headers }) => {
    if (name === "elsewhere") keys.push(headers.get("apikey"));
    return name === "dispatch"
      ? new Response(null, {
        status: 307,
        headers: { location: `${isolate.proxy.url}/elsewhere` },
      })
      : undefined;
  };
  const kit = await registerTo("http://127.0.0.1:9/");
  await send(isolate.at(kit.urls.dedicated), '{"signal":"BUY"}');
  await until(() => isolate.proxy.calls.includes("dispatch"), "a wake");
  await send(isolate.at(kit.urls.dedicated), '{"signal":"SELL"}');
  await until(
    () => isolate.proxy.calls.filter((name) => name === "dispatch").length > 1,
    "the next wake, once the first has ended",
  );
  assert.deepEqual(keys, []);
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
