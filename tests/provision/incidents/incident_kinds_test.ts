import assert from "node:assert/strict";
import { INCIDENT_KINDS } from "../../../supabase/functions/provision/runbook/incident_kinds.ts";
import { openDatabase, register, send } from "../../support/project.ts";
import { CASES, CASES_OF_SIGNALS, json, lines } from "./incidents.ts";

for (
  const { kind, settings, cause, ends = "quiet" } of [
    ...CASES,
    ...CASES_OF_SIGNALS,
  ]
) {
  Deno.test(`incident ${kind} opens, is told once, and is told ${ends} at last`, async () => {
    await using database = openDatabase();
    const { sql } = database;
    const kit = await register(settings);
    await sql`select private.monitor()`;
    await cause(kit, sql);
    await sql`select private.monitor()`;
    const find = async () =>
      (await sql`select id::text, status from incidents where strategy_id = ${kit.strategy.id} and kind = ${kind}`)[
        0
      ];
    const opened = await find();
    assert.equal(opened?.status, "open");
    await sql`select private.monitor()`;
    assert.deepEqual(
      (await lines(sql, opened!.id)).map((line) => line.split(" ")[0]),
      ["opened"],
    );
    // Ten quiet minutes later; what caused it is over.
    await sql`update strategies set expected_every = null where id = ${kit.strategy.id}`;
    await sql`update routes set enabled = true where strategy_id = ${kit.strategy.id}`;
    await sql`delete from signals where strategy_id = ${kit.strategy.id}`;
    await sql`delete from auth_failures where strategy_id = ${kit.strategy.id}`;
    await sql`delete from private.waiting_messages where strategy_id = ${kit.strategy.id}`;
    await sql`delete from private.route_health where route_id in (select id from routes where strategy_id = ${kit.strategy.id})`;
    await sql`delete from private.secret_uses where secret_id in (select id from private.secrets where strategy_id = ${kit.strategy.id})`;
    await sql`update incidents set last_seen_at = now() - interval '11 minutes' where id = ${
      opened!.id
    }`;
    await sql`select private.monitor()`;
    assert.equal((await find())?.status, "resolved");
    assert.deepEqual(
      (await lines(sql, opened!.id)).map((line) => line.split(" ")[0]),
      ["opened", ends],
    );
  });
}

Deno.test("incident dispatch_unwired opens, is told once, and resolves when the database knows where the functions are", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await register({ routes: [{ kind: "function", target: "provision" }] });
  const [settings] = await sql`select internal_url from router_settings`;
  await sql`select private.monitor()`;
  await sql`update router_settings set internal_url = null`;
  try {
    await sql`select private.wake_dispatch()`;
    await sql`select private.monitor()`;
    await sql`select private.monitor()`;
  } finally {
    await sql`update router_settings set internal_url = ${
      settings!.internal_url
    }`;
  }
  await sql`select private.wake_dispatch()`;
  await sql`select private.monitor()`;
  const [incident] = await sql`
    select id::text, status from incidents where kind = 'dispatch_unwired' order by incidents.id desc limit 1`;
  assert.equal(incident!.status, "resolved");
  const told = (await lines(sql, incident!.id)).map((line) =>
    line.split(" ")[0]
  );
  assert.deepEqual(told, ["opened", "resolved"]);
});

Deno.test("one strategy on two charts of a symbol has no position gap, whether the alerts name the chart or not", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kits = [await register(), await register()];
  const trades = [["flat", "long"], ["long", "flat"]] as const;
  await sql.begin(async (pause) => {
    // The monitor looks when all have come.
    await pause`select from private.watches where name = 'positions' for update`;
    for (const [before, after] of trades) {
      for (const interval of ["60", "15"]) {
        for (const [index, kit] of kits.entries()) {
          const { status } = await send(
            kit.urls.dedicated,
            json({
              signal: undefined,
              action: after === "long" ? "buy" : "sell",
              "market_position": after,
              "prev_market_position": before,
              order: `${interval} ${before}`,
              ...(index === 0 && { interval }),
            }),
          );
          assert.equal(status, 202);
        }
      }
    }
  });
  await sql`select private.monitor()`;
  for (const { strategy } of kits) {
    const rows = await sql`
      select kind from incidents where strategy_id = ${strategy.id}`;
    assert.deepEqual([...rows], []);
  }
});

Deno.test("the runbook says of every kind of incident what it means and what to do", async () => {
  await using database = openDatabase();
  const [row] = await database.sql`
    select pg_get_constraintdef(oid) as definition from pg_constraint
    where conname = 'incidents_kind_is_known'`;
  const kinds = Array.from(
    row!.definition.matchAll(/'(\w+)'/g),
    ([, kind]: string[]) => kind,
  );
  assert.ok(kinds.length > 10);
  assert.deepEqual(INCIDENT_KINDS.map(({ kind }) => kind).sort(), kinds.sort());
});
