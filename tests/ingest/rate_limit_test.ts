import assert from "node:assert/strict";
import {
  type Answer,
  type Kit,
  openDatabase,
  register,
  send,
  until,
} from "../support/project.ts";

const alert = (n: number, symbol = "XAUUSD") =>
  JSON.stringify({ signal: "BUY", symbol, price: n });

/** Sends so many different alerts over sixty connections; `from` makes them different from those of another flood. */
async function flood(kit: Kit, count: number, from = 0): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = from;
  const connection = async () => {
    for (let n = next++; n < from + count; n = next++) {
      answers.push(await send(kit.urls.dedicated, alert(n)));
    }
  };
  await Promise.all(Array.from({ length: 60 }, connection));
  return answers;
}

function tally(answers: Answer[]): Record<string, number> {
  const outcomes = answers.map(({ body, status }) =>
    String(status < 300 ? body.status : body.code)
  );
  return Object.fromEntries(
    [...new Set(outcomes)].sort().map((outcome) => [
      outcome,
      outcomes.filter((one) => one === outcome).length,
    ]),
  );
}

Deno.test("twenty times over the limit from sixty connections accepts the limit and holds the rest", async () => {
  await using database = openDatabase();
  const kit = await register({ "rate_limit_per_minute": 30 });
  assert.deepEqual(tally(await flood(kit, 600)), { accepted: 30, held: 570 });
  const [row] = await database.sql`
    select count(*)::int as requests from webhook_requests where strategy_id = ${kit.strategy.id}`;
  assert.equal(row!.requests, 600);
});

Deno.test("a strategy that refuses over its limit answers 429 with Retry-After, and spends no key", async () => {
  const kit = await register({
    "rate_limit_per_minute": 5,
    "over_limit": "reject",
  });
  const answers = await flood(kit, 100);
  assert.deepEqual(tally(answers), { accepted: 5, "rate_limited": 95 });
  const refused = answers.find(({ status }) => status === 429)!;
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
});

Deno.test("the hold takes a thousand signals and no more", async () => {
  await using database = openDatabase();
  const kit = await register({ "rate_limit_per_minute": 1 });
  const { held, rate_limited: refused } = tally(await flood(kit, 1050));
  assert.equal(held! + refused!, 1049);
  assert.ok(held! >= 1000 && held! <= 1000 + 60, `${held} held`);
  const incidents = await database.sql`
    select kind from incidents
    where strategy_id = ${kit.strategy.id} and kind <> 'alert_storm' -- the monitor's own business
    order by kind`;
  assert.deepEqual(incidents.map(({ kind }) => kind), [
    "hold_full",
    "rate_limited",
  ]);
});

Deno.test("duplicates spend nothing of the limit", async () => {
  const kit = await register({ "rate_limit_per_minute": 2 });
  for (let n = 0; n < 5; n++) await send(kit.urls.dedicated, alert(1));
  assert.equal(
    (await send(kit.urls.dedicated, alert(2))).body.status,
    "accepted",
  );
});

Deno.test("held signals are released when the limit allows: exits first, and what they overtake is not sent", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register({ "rate_limit_per_minute": 3 });
  const { id } = kit.strategy;
  for (let n = 0; n < 3; n++) {
    await send(kit.urls.dedicated, alert(n, "EURUSD"));
  }
  await send(kit.urls.dedicated, alert(10));
  await send(kit.urls.dedicated, '{"signal": "EXIT", "symbol": "XAUUSD"}');
  await send(kit.urls.dedicated, alert(11));
  // A minute later.
  await sql`update signals set accepted_at = accepted_at - interval '1 minute' where strategy_id = ${id}`;
  await until(
    async () =>
      (await sql`select from signals where strategy_id = ${id} and status = 'held'`)
        .length === 0,
    "released",
  );
  const messages = await sql`
    select message ->> 'action' as action, message ->> 'price' as price
    from ${
    sql(`pgmq.q_${kit.routes[0]!.target}`)
  } where message ->> 'symbol' = 'XAUUSD' order by msg_id`;
  assert.deepEqual(messages.map((row) => ({ ...row })), [
    { action: "exit", price: null },
    { action: "buy", price: "11" },
  ]);
});

Deno.test("while held signals are released and others come, as many as the limit are accepted in a minute", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register({ "rate_limit_per_minute": 40 });
  const { id } = kit.strategy;
  await flood(kit, 100);
  // A minute later.
  await sql`update signals set accepted_at = accepted_at - interval '1 minute' where strategy_id = ${id}`;
  let isFlooding = true;
  const release = async () => {
    while (isFlooding) await sql`select private.release_held(${id})`;
  };
  const flooding = flood(kit, 300, 100).finally(() => isFlooding = false);
  await Promise.all([flooding, release(), release(), release()]);
  const [row] = await sql`
    select count(*)::int as accepted from signals
    where strategy_id = ${id} and accepted_at > now() - interval '1 minute'`;
  assert.equal(row!.accepted, 40);
});

Deno.test("a release waits while another transaction is counted against its limit", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const { strategy: { id } } = await register({ "rate_limit_per_minute": 1 });
  let releasing: Promise<unknown> | undefined;
  await sql.begin(async (transaction) => {
    await transaction`select private.lock_limit(${id})`;
    releasing = sql`select private.release_held(${id})`.execute();
    await until(
      async () =>
        (await sql`select from pg_locks where locktype = 'advisory' and not granted`)
          .length > 0,
      "the release's wait",
    );
  });
  await releasing;
});

Deno.test("held signals expire by their age", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register({ "rate_limit_per_minute": 1 });
  const { id } = kit.strategy;
  await send(kit.urls.dedicated, alert(1));
  await send(kit.urls.dedicated, alert(2));
  await sql`update signals set expires_at = now() where strategy_id = ${id} and status = 'held'`;
  await until(
    async () =>
      (await sql`select from signals where strategy_id = ${id} and status = 'expired'`)
        .length === 1,
    "expired",
  );
  const [incident] =
    await sql`select kind from incidents where strategy_id = ${id} and kind = 'signal_expired'`;
  assert.ok(incident);
});

Deno.test("the universal endpoint has a limit of its own", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const named = (n: number) =>
    JSON.stringify({ strategy: kit.strategy.slug, signal: "BUY", price: n });
  await sql`update router_settings set universal_rate_limit_per_minute =
    (select count(*) + 1 from signals where endpoint = 'universal' and accepted_at > now() - interval '1 minute')`;
  try {
    const answers = [
      await send(kit.urls.universal, named(1)),
      await send(kit.urls.universal, named(2)),
    ];
    assert.deepEqual(answers.map(({ body }) => body.status), [
      "accepted",
      "held",
    ]);
  } finally {
    await sql`update router_settings set universal_rate_limit_per_minute = null`;
  }
});
