import assert from "node:assert/strict";
import {
  openDatabase,
  provision,
  register,
  send,
  until,
} from "../../support/project.ts";
import { json, lines } from "./incidents.ts";

Deno.test("who still uses a rotated URL is told from who guesses", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await provision("POST", `/strategies/${kit.strategy.slug}/rotate`);
  await provision("POST", `/strategies/${kit.strategy.slug}/revoke`);
  await Promise.all(
    Array.from({ length: 10 }, () => send(kit.urls.dedicated, "BUY")),
  );
  await until(
    async () =>
      (await sql`select from auth_failures where strategy_id = ${kit.strategy.id} and reason = 'rotated_secret'
      having sum(count) >= 10`).length === 1,
    "counted",
  );
  await sql`select private.monitor()`;
  const [incident] = await sql`
    select details ->> 'meaning' as meaning from incidents
    where strategy_id = ${kit.strategy.id} and kind = 'auth_failures'`;
  assert.match(
    incident!.meaning,
    /still uses a secret that was rotated/,
  );
});

Deno.test("an incident that gets worse is told again at twice and at ten times", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const refuse = (n: number) =>
    send(kit.urls.dedicated, json({ signal: `MAYBE ${n}` }));
  await refuse(0);
  await sql`select private.monitor()`;
  await refuse(1);
  await sql`select private.monitor()`;
  for (let n = 2; n < 10; n++) await refuse(n);
  await sql`select private.monitor()`;
  const [incident] =
    await sql`select id::text from incidents where strategy_id = ${kit.strategy.id}`;
  const told = (await lines(sql, incident!.id)).map((line) =>
    line.split(" ")[0]
  );
  assert.deepEqual(told, ["opened", "escalated", "escalated"]);
});

Deno.test("an operator acknowledges an incident, by name", async () => {
  await using database = openDatabase();
  const kit = await register();
  await send(kit.urls.dedicated, json({ signal: "MAYBE" }));
  await database.sql`select private.monitor()`;
  const { body } = await provision<
    { incidents: { id: number; strategy: string }[] }
  >("GET", "/incidents");
  const { id } = body.incidents.find(({ strategy }) =>
    strategy === kit.strategy.name
  )!;
  const acknowledged = await provision<{ incident: Record<string, unknown> }>(
    "POST",
    `/incidents/${id}/acknowledge`,
  );
  assert.deepEqual([
    acknowledged.status,
    acknowledged.body.incident.status,
    acknowledged.body.incident.acknowledged_by,
  ], [200, "acknowledged", "secret key"]);
  assert.equal(
    (await provision("POST", `/incidents/${id}/acknowledge`)).status,
    404,
  );
});

Deno.test("a strategy's own threshold counts", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register({ thresholds: { "alert_storm": 2 } });
  await send(kit.urls.dedicated, json({ price: 1 }));
  await send(kit.urls.dedicated, json({ price: 2 }));
  await sql`select private.monitor()`;
  const rows =
    await sql`select kind from incidents where strategy_id = ${kit.strategy.id}`;
  assert.deepEqual(rows.map(({ kind }) => kind), ["alert_storm"]);
});

Deno.test("a refusal that commits after the monitor has looked is an incident, once", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const { strategy } = await register();
  const monitor = () => sql`select private.monitor()`;
  await sql.begin(async (late) => {
    await late`
      insert into webhook_requests (id, correlation_id, strategy_id, endpoint, outcome, code, received_at, duration_ms)
      values (gen_random_uuid(), gen_random_uuid(), ${strategy.id}, 'dedicated', 'invalid', 'invalid_alert', now(), 1)`;
    await monitor();
  });
  await monitor();
  await monitor();
  const rows = await sql`
    select kind, count::int from incidents where strategy_id = ${strategy.id}`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { kind: "alert_refused", count: 1 },
  ]);
});

Deno.test("the monitor goes on in a database that counts its transactions anew", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const { urls, strategy } = await register();
  const next = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
  await sql.unsafe(`
    update private.watches set
      seen = format('%s:%s:', ${next} + 1000000, ${next} + 1000000)::pg_snapshot where name = 'refusals'`);
  await sql`select private.monitor()`;
  await send(urls.dedicated, json({ signal: "MAYBE" }));
  await sql`select private.monitor()`;
  const rows =
    await sql`select kind from incidents where strategy_id = ${strategy.id}`;
  assert.deepEqual(rows.map(({ kind }) => kind), ["alert_refused"]);
});
