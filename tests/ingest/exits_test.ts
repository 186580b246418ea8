/** Exits always get through: beyond limits, past held entries, and while nothing may be opened. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { incidentsOf } from "../support/deliveries.ts";
import {
  type Kit,
  openDatabase,
  provision,
  register,
  send,
  until,
} from "../support/project.ts";

let alerts = 0;
/** Sends an alert that no other equals; returns its status, or the code of its refusal. */
async function outcomeOf(kit: Kit, alert: Record<string, unknown>) {
  const body = { symbol: "XAUUSD", id: ++alerts, ...alert };
  const answer = await send(kit.urls.dedicated, JSON.stringify(body));
  return answer.body.code ?? answer.body.status;
}

const BUY = { action: "buy" };
const CLOSE = { action: "exit_long" };
/** The kit's own message of a strategy that closes its long. */
const SELL_TO_FLAT = {
  action: "sell",
  market_position: "flat",
  prev_market_position: "long",
};
const REVERSAL = {
  action: "buy",
  contracts: 2,
  market_position: "long",
  prev_market_position: "short",
};

async function statusesOf(sql: Sql, { strategy }: Kit): Promise<string[]> {
  const rows = await sql`
    select status from signals where strategy_id = ${strategy.id} order by received_at`;
  return rows.map(({ status }) => status);
}

for (const over_limit of ["hold", "reject"]) {
  Deno.test(`exits pass a limit that says ${over_limit}, and count`, async () => {
    const kit = await register({ "rate_limit_per_minute": 2, over_limit });
    const over = over_limit === "hold" ? "held" : "rate_limited";
    const seen = [];
    for (const alert of [BUY, SELL_TO_FLAT, BUY, CLOSE, CLOSE]) {
      seen.push(await outcomeOf(kit, alert));
    }
    assert.deepEqual(seen, [
      "accepted",
      "accepted",
      over,
      "accepted",
      "accepted",
    ]);
  });
}

Deno.test("beyond ten times the limit, at least 600 a minute, an exit is refused, and that is urgent", async () => {
  await using database = openDatabase();
  const kit = await register({ "rate_limit_per_minute": 1 });
  await database.sql`
    insert into signals (id, strategy_id, request_id, correlation_id, status, action, intent, received_at, accepted_at,
      expires_at, payload)
    select gen_random_uuid(), ${kit.strategy.id}, gen_random_uuid(), gen_random_uuid(), 'accepted', 'exit', 'close',
      now(), now(), now() + interval '1 day', '{}'
    from generate_series(1, 599)`;
  const seen = [await outcomeOf(kit, CLOSE), await outcomeOf(kit, CLOSE)];
  assert.deepEqual([seen, await incidentsOf(database.sql, kit)], [
    ["accepted", "rate_limited"],
    ["exit_failed open"],
  ]);
  const [told] = await database.sql`
    select text from notifications where text like ${`%${kit.strategy.name}%`}`;
  assert.match(told!.text, /^URGENT: opened .* compare with the broker now$/);
});

Deno.test("an admitted close ends the held entries of its side and symbol", async () => {
  await using database = openDatabase();
  const kit = await register({ "rate_limit_per_minute": 1 });
  await outcomeOf(kit, BUY);
  await outcomeOf(kit, BUY);
  await outcomeOf(kit, { action: "sell" });
  await outcomeOf(kit, { action: "buy", symbol: "EURUSD" });
  await outcomeOf(kit, CLOSE);
  assert.deepEqual(await statusesOf(database.sql, kit), [
    "accepted",
    "suppressed",
    "held",
    "held",
    "accepted",
  ]);
});

Deno.test("an exit lives for max_exit_age, whatever its action is called", async () => {
  await using database = openDatabase();
  const kit = await register({ max_exit_age: "2 hours" });
  for (const alert of [BUY, SELL_TO_FLAT]) await outcomeOf(kit, alert);
  const rows = await database.sql`
    select extract(epoch from expires_at - received_at)::int as age from signals
    where strategy_id = ${kit.strategy.id} order by received_at`;
  assert.deepEqual(rows.map(({ age }) => age), [300, 7200]);
});

const EXITS_ONLY: [what: string, alert: Record<string, unknown>, is: string][] =
  [
    ["an entry", BUY, "suppressed"],
    ["a hold", { action: "hold" }, "suppressed"],
    ["a close", CLOSE, "accepted"],
    ["a sell that closes", SELL_TO_FLAT, "accepted"],
    ["a cancel", { action: "cancel" }, "accepted"],
    ["a reversal", REVERSAL, "accepted"],
  ];

for (const [what, alert, status] of EXITS_ONLY) {
  Deno.test(`while a strategy lets only exits through, ${what} is ${status}`, async () => {
    const kit = await register({ status: "exits_only" });
    assert.equal(await outcomeOf(kit, alert), status);
  });
}

Deno.test("of a reversal only the closing half is sent on", async () => {
  await using database = openDatabase();
  const kit = await register({ status: "exits_only" });
  await outcomeOf(kit, REVERSAL);
  const [stored] = await database.sql`
    select intent from signals where strategy_id = ${kit.strategy.id}`;
  assert.equal(stored!.intent, "close_short");
  const [claimed] = await database.sql`
    select message from claim_signals(${kit.routes[0]!.target}, 'test')`;
  const { action, intent, quantity, reduced_from } = claimed!.message;
  assert.deepEqual([action, intent, quantity, reduced_from], [
    "exit",
    "close_short",
    null,
    "reverse_to_long",
  ]);
});

/** Runs a test in a mode of the router, and goes back, whatever happens. */
async function inMode(mode: string, test: () => Promise<void>): Promise<void> {
  // 503, "try again", is a busy machine's answer, too.
  const isSet = async () =>
    (await provision("PUT", "/mode", { mode })).status === 200;
  await until(isSet, `the mode ${mode}`);
  try {
    await test();
  } finally {
    await provision("PUT", "/mode", { mode: "active" });
  }
}

Deno.test("the router's mode narrows what every strategy sends on, and is audited", async () => {
  await using database = openDatabase();
  const kit = await register();
  await inMode("exits_only", async () => {
    assert.equal(await outcomeOf(kit, BUY), "suppressed");
    assert.equal(await outcomeOf(kit, CLOSE), "accepted");
  });
  await inMode("paused", async () => {
    assert.equal(await outcomeOf(kit, CLOSE), "suppressed");
  });
  assert.equal(await outcomeOf(kit, BUY), "accepted");
  const events = await database.sql`
    select details #>> '{mode,to}' as mode from strategy_events
    where event = 'settings_changed' and details ? 'mode' order by id desc limit 4`;
  assert.deepEqual(events.map(({ mode }) => mode), [
    "active",
    "paused",
    "active",
    "exits_only",
  ]);
});

Deno.test("an unknown mode is refused", async () => {
  const { status } = await provision("PUT", "/mode", { mode: "off" });
  assert.equal(status, 422);
});
