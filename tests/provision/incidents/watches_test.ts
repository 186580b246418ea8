import assert from "node:assert/strict";
import type { Sql, TransactionSql } from "postgres";
import {
  FUNCTIONS_URL,
  openDatabase,
  provision,
  register,
  SECRET_KEY,
  until,
} from "../../support/project.ts";
import { ingest, wireAlert } from "../../ingest/wire_alert.ts";

const FINISHED = (sql: Sql) =>
  sql<{ name: string }[]>`
    select name from private.watches where finished_at > now() - interval '1 minute' order by name`
    .then((rows) => rows.map(({ name }) => name));

Deno.test("a watch that waits for a lock, and is cut off at last, keeps no other from finishing", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const jobs = await sql<{ name: string; command: string }[]>`
    select replace(substr(jobname, 16), '-', '_') as name, command from cron.job
    where jobname like 'webhooks-watch-%' order by 1`;
  const hanging = jobs.find(({ name }) => name === "old_secrets")!;
  const others = jobs.filter((job) => job !== hanging);
  const own = await sql.reserve();
  try {
    await sql.begin(async (lock) => {
      await lock`lock table private.secret_uses in access exclusive mode`;
      await sql`update private.watches set finished_at = now() - interval '1 hour'`;
      const [{ pid }] = await own`select pg_backend_pid() as pid` as [
        { pid: number },
      ];
      const cutOff = assert.rejects(
        own.unsafe(hanging.command),
        ({ code }) => code === "57014",
      );
      await until(
        async () =>
          (await sql`select from pg_locks where pid = ${pid} and not granted`)
            .length > 0,
        "it waits",
      );
      for (const { command } of others) await sql.unsafe(command);
      await sql`select pg_cancel_backend(${pid})`;
      await cutOff;
    });
  } finally {
    own.release();
  }
  assert.deepEqual(await FINISHED(sql), others.map(({ name }) => name));
  await sql.unsafe(hanging.command);
});

/** Runs a test while the database believes that four minutes have passed since every watch finished. */
async function fourMinutesLater(
  sql: Sql,
  test: () => Promise<void>,
): Promise<void> {
  const [{ definition }] = await sql`
    select pg_get_functiondef('private.stopped_watches(timestamptz)'::regprocedure) as definition` as [
    { definition: string },
  ];
  const later = definition.replace(
    "DEFAULT now()",
    "DEFAULT (now() + '00:04:00'::interval)",
  );
  assert.notEqual(later, definition);
  await sql.unsafe(later);
  try {
    await test();
  } finally {
    await sql.unsafe(definition);
  }
}

Deno.test("health is 503 while the monitor stands still, for everybody", async () => {
  await using database = openDatabase();
  const ask = async (headers: Record<string, string> = {}) => {
    const response = await fetch(`${FUNCTIONS_URL}/provision/health`, {
      headers,
    });
    const { status } = await response.json();
    return [response.status, status];
  };
  await fourMinutesLater(database.sql, async () => {
    assert.deepEqual(await ask(), [503, "monitor_stopped"]);
    assert.deepEqual(await ask({ apikey: SECRET_KEY }), [
      503,
      "monitor_stopped",
    ]);
  });
  assert.deepEqual(await ask(), [200, "ok"]);
});

Deno.test("metrics tell when every watch of the monitor last ran", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await sql`select private.monitor()`;
  const text = await (await fetch(`${FUNCTIONS_URL}/provision/metrics`, {
    headers: { apikey: SECRET_KEY },
  })).text();
  const runs = text.matchAll(
    /^webhook_watch_last_run_timestamp_seconds\{watch="(\w+)"\} (\S+)$/gm,
  );
  const [clock] = await sql`select extract(epoch from now())::float8 as now`;
  const recent = Array.from(runs)
    .filter(([, , seconds]) => clock!.now - Number(seconds) < 180)
    .map(([, name]) => name!);
  const watches = await sql`select name from private.watches`;
  assert.deepEqual(recent.sort(), watches.map(({ name }) => name).sort());
});

/** Inserts a signal of a strategy, received half an hour ago. */
async function insertSignal(
  sql: Sql | TransactionSql,
  strategyId: string,
  { direction, payload }: { direction: string; payload: string },
): Promise<void> {
  await sql`
    insert into signals
      (id, strategy_id, request_id, correlation_id, status, action, direction, received_at, expires_at, payload)
    values (gen_random_uuid(), ${strategyId}, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy', ${direction},
      clock_timestamp() - interval '30 minutes', now(), ${payload}::text::jsonb)`;
}

Deno.test("a gap that commits half an hour late is an incident, once", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const { strategy } = await register();
  await insertSignal(sql, strategy.id, { direction: "long", payload: "{}" });
  await sql.begin(async (late) => {
    await insertSignal(late, strategy.id, {
      direction: "flat",
      payload: '{"strategy":{"prev_market_position":"short"}}',
    });
    await sql`select private.monitor()`;
  });
  await sql`select private.monitor()`;
  await sql`select private.monitor()`;
  const rows = await sql`
    select kind, count::int from incidents where strategy_id = ${strategy.id}`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { kind: "position_gap", count: 1 },
  ]);
});

Deno.test("a refused alert whose transaction outlasts a run of the monitor is told, once", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const refused = await wireAlert(sql, kit, {
    signal: null,
    keys: [],
    refusal: { outcome: "invalid", code: "invalid_alert", problem: {} },
  });
  const [{ told }] = await sql.begin(async (late) => {
    await ingest(late, [refused]);
    await sql`select pg_current_xact_id()`; // begins later, and ends earlier
    await sql`select private.monitor()`;
    return await sql`
      select count(*)::int as told from incidents where strategy_id = ${kit.strategy.id}` as [
      { told: number },
    ];
  });
  assert.equal(told, 0);
  await sql`select private.monitor()`;
  await sql`select private.monitor()`;
  const rows = await sql`
    select kind, count::int from incidents where strategy_id = ${kit.strategy.id}`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { kind: "alert_refused", count: 1 },
  ]);
});

Deno.test("an operator's health names every watch of the monitor", async () => {
  await using database = openDatabase();
  const { body } = await provision<{ watches: { name: string }[] }>(
    "GET",
    "/health",
  );
  const watches = await database.sql`
    select name from private.watches order by name`;
  assert.deepEqual(
    body.watches.map(({ name }) => name),
    watches.map(({ name }) => name),
  );
});
